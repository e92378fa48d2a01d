import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { GrantManagerServiceService as GrantManager } from "#gen/c1/connector/v2/grant.ts";
import {
  AccountManagerServiceService as AccountManager,
  CredentialManagerServiceService as CredentialManager,
  type DeleteResourceRequest,
  ResourceDeleterServiceService as ResourceDeleter,
  ResourceManagerServiceService as ResourceManager,
} from "#gen/c1/connector/v2/resource.ts";
import { type CallContext, withMaxWait } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { slugOf } from "#model/entitlement.ts";
import { refuseGrant } from "#model/grant.ts";
import { requireField, withPrefix } from "../call-errors.ts";
import type { Annotated } from "../connector.ts";
import { checkGrants, checkResource } from "../page-guard.ts";
import { type ChangeKind, type Provisioning, requireChange } from "../provisioning.ts";
import type { Registry } from "../registry.ts";
import { retryTransient } from "../repeat-operation.ts";
import { type Endpoint, unary } from "../unary.ts";

/** Hosts never repeat a grant or a revocation. */
const RETRY = { maxRetries: 3, stepMs: 15_000 };

/** Which changes are allowed, and how long one may wait for a busy upstream. */
interface ChangeGates {
  readonly provisioning: Provisioning;
  readonly changeWaitMs?: number | undefined;
}

/** The services through which a host changes something upstream; all refuse unless that is allowed. */
export function provisionEndpoints(
  registry: Registry,
  { provisioning, changeWaitMs }: ChangeGates,
): Endpoint[] {
  const requireAllowed = (kind?: ChangeKind) => requireChange(provisioning, kind);

  const patient = (ctx: CallContext) => withMaxWait(ctx, changeWaitMs);

  const deleteResource = async (request: DeleteResourceRequest, ctx: CallContext) => {
    requireAllowed("delete-resource");
    const id = requireField(request.resourceId, "resource id");
    const syncer = registry.findSyncer(id.resourceType);
    const remove = syncer?.delete?.bind(syncer);
    if (remove === undefined) throw unsupported(`resources of type "${id.resourceType}" cannot be deleted`);
    const result = await withPrefix("error: delete resource failed", () =>
      remove(id, request.parentResourceId, patient(ctx)),
    );
    return annotationsOf(result);
  };

  return [
    unary(GrantManager.grant, async ({ principal, entitlement }, ctx) => {
      requireAllowed("grant");
      const to = requireField(principal, "principal");
      const what = requireField(entitlement, "entitlement");
      const { grant } = provisionerOf(registry, what);
      const result = await withPrefix("grant failed", () =>
        retryTransient({ ...RETRY, what: "granting" }, patient(ctx), (attempt) => grant(to, what, attempt)),
      );
      const grants = result.grants ?? [];
      checkGrants(grants);
      return { ...annotationsOf(result), grants };
    }),

    unary(GrantManager.revoke, async (request, ctx) => {
      requireAllowed("revoke");
      const grant = requireField(request.grant, "grant");
      const { revoke } = provisionerOf(registry, requireField(grant.entitlement, "entitlement"));
      const result = await withPrefix("revoke failed", () =>
        retryTransient({ ...RETRY, what: "revoking" }, patient(ctx), (attempt) => revoke(grant, attempt)),
      );
      return annotationsOf(result);
    }),

    unary(ResourceManager.createResource, async (request, ctx) => {
      requireAllowed();
      const resource = requireField(request.resource, "resource");
      const type = requireField(resource.id, "resource id").resourceType;
      const syncer = registry.findSyncer(type);
      const create = syncer?.create?.bind(syncer);
      if (create === undefined) throw unsupported(`resources of type "${type}" cannot be created`);
      const result = await withPrefix("error: create resource failed", () => create(resource, patient(ctx)));
      checkResource(result.resource, registry);
      return { created: result.resource, ...annotationsOf(result) };
    }),

    unary(ResourceManager.deleteResource, deleteResource),
    unary(ResourceDeleter.deleteResourceV2, deleteResource),

    unary(AccountManager.createAccount, async () => {
      requireAllowed("create-account");
      throw unsupported("this connector cannot create accounts");
    }),

    unary(CredentialManager.rotateCredential, async () => {
      requireAllowed("rotate-credentials");
      throw unsupported("this connector cannot rotate credentials");
    }),

    unary(CredentialManager.issueCredential, async (request) => {
      requireAllowed();
      requireField(request.identityId, "identity id");
      if (request.encryptionConfigs.length === 0) {
        throw new BatonError(Code.InvalidArgument, "the request has no encryption configuration");
      }
      throw unsupported("this connector cannot issue credentials");
    }),
  ];
}

function provisionerOf(registry: Registry, entitlement: Entitlement) {
  const resource = entitlement.resource?.id;
  const id = requireField(resource?.resourceType, "resource on the entitlement");
  const syncer = registry.findSyncer(id);
  const grant = syncer?.grant?.bind(syncer);
  const revoke = syncer?.revoke?.bind(syncer);
  if (grant !== undefined && revoke !== undefined) return { grant, revoke };
  const reason = syncer?.explainReadOnly?.(
    slugOf(entitlement, { resourceType: id, resource: resource?.resource ?? "" }),
  );
  if (reason !== undefined) throw refuseGrant(reason);
  throw unsupported(`entitlements of resource type "${id}" can be neither granted nor revoked`);
}

function annotationsOf({ annotations }: Annotated) {
  return { annotations: annotations ?? [] };
}

function unsupported(problem: string): BatonError {
  return new BatonError(Code.Unimplemented, problem);
}
