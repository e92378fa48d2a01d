import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { ConnectorClient } from "#launch/connector-client.ts";
import { hasAnnotation } from "#model/annotations.ts";
import { formatResourceKey } from "#model/ids.ts";
import type { StoredRecords } from "./stored-records.ts";

export interface GrantTaskOptions {
  readonly entitlementId: string;
  readonly principalId: string;
  /** Resource type of the principal; needed only if the entitlement can go to several types. */
  readonly principalType?: string | undefined;
}

export interface GrantTaskResult {
  /** The principal had the entitlement before. */
  readonly alreadyExisted: boolean;
  /** What the connector says it created; may be empty. */
  readonly grants: readonly Grant[];
  readonly annotations: readonly Any[];
}

/**
 * Gives an entitlement to a principal, both as a file knows them. The file is not changed: the next sync
 * shows the grant.
 *
 * @throws BatonError NotFound, without asking the connector, if the file lacks one of the two; else what the
 *   connector answers. Nothing is repeated here: repeating is the connector's business.
 */
export async function runGrantTask(
  client: Pick<ConnectorClient, "grant">,
  records: StoredRecords,
  options: GrantTaskOptions,
  ctx: CallContext,
): Promise<GrantTaskResult> {
  const entitlement = records.entitlementWithResource(options.entitlementId);
  const resourceType = options.principalType ?? onlyPrincipalType(entitlement);
  const principal = records.resource({ resourceType, resource: options.principalId });
  const { grants, annotations } = await client.grant({ entitlement, principal, annotations: [] }, ctx.signal);
  return { alreadyExisted: hasAnnotation(annotations, "GrantAlreadyExists"), grants, annotations };
}

function onlyPrincipalType({ id, grantableTo }: Entitlement): string {
  const [type, another] = grantableTo;
  if (type !== undefined && another === undefined) return type.id;
  throw new BatonError(
    Code.InvalidArgument,
    `entitlement ${id} can be granted to ${grantableTo.length === 0 ? "any type" : "several types"} of principals; choose one with --grant-principal-type`,
  );
}

export interface RevokeTaskResult {
  /** There was nothing to take away any more. */
  readonly alreadyRevoked: boolean;
  readonly annotations: readonly Any[];
}

/** Takes a grant away that a file knows. Otherwise like {@link runGrantTask}. */
export async function runRevokeTask(
  client: Pick<ConnectorClient, "revoke">,
  records: StoredRecords,
  grantId: string,
  ctx: CallContext,
): Promise<RevokeTaskResult> {
  const stored = records.grant(grantId);
  const principalId = stored.principal?.id;
  if (principalId === undefined) {
    throw new BatonError(Code.DataLoss, `grant ${stored.id} has no principal in ${records.path}`);
  }
  const grant = Grant.fromPartial({
    id: stored.id,
    entitlement: records.entitlementWithResource(stored.entitlement?.id ?? ""),
    principal: records.resource(principalId),
    annotations: stored.annotations,
  });
  ctx.log.debug("revoking a grant", { grant: grant.id, principal: formatResourceKey(principalId) });
  const { annotations } = await client.revoke({ grant, annotations: [] }, ctx.signal);
  return { alreadyRevoked: hasAnnotation(annotations, "GrantAlreadyRevoked"), annotations };
}
