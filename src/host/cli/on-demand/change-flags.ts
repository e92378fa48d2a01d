import { usageError } from "#config/arguments.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import type { ChangeNotes } from "#runtime/connector.ts";
import type { SdkConfig } from "../load-settings.ts";
import {
  type OnDemandContext,
  type OnDemandTask,
  parseJsonObject,
  runSteps,
  type Step,
} from "./on-demand-task.ts";

/** Who is to get what. */
interface Pair {
  readonly entitlementId: string;
  readonly principalId: string;
}

/** `--grant-entitlement`: gives entitlements to principals, both as the file knows them. */
export function makeGrantTask(sdk: SdkConfig): OnDemandTask {
  const pairs = pairUp(sdk);
  return async ({ client }, ctx) => {
    const [{ runGrantTask }, { withStoredRecords }] = await loadRecordTasks();
    await withStoredRecords(sourceOf(sdk), ctx, (records) => {
      const toStep = ({ entitlementId, principalId }: Pair): Step => ({
        what: `granting ${entitlementId} to ${principalId}`,
        run: async () => {
          const options = { entitlementId, principalId, principalType: sdk.grantPrincipalType };
          const { alreadyExisted } = await runGrantTask(client, records, options, ctx);
          const fields = { entitlement: entitlementId, principal: principalId };
          if (alreadyExisted) return { message: `${principalId} already had ${entitlementId}`, fields };
          const message = `${entitlementId} was granted to ${principalId}`;
          return { message, fields, notes: [syncAgain(sdk)] };
        },
      });
      return runSteps(pairs.map(toStep), ctx);
    });
  };
}

/**
 * One entitlement goes to each principal; of several, the first goes to the first principal, and so on. Nothing is done
 * twice.
 *
 * @throws BatonError Unknown (exit code 2) if the numbers do not fit
 */
function pairUp({ grantEntitlements, grantPrincipals }: SdkConfig): Pair[] {
  const [only, another] = grantEntitlements;
  if (another !== undefined && grantEntitlements.length !== grantPrincipals.length) {
    const { grantEntitlements: what, grantPrincipals: whom } = sdkFields;
    throw usageError(
      `--${what.name} is given ${grantEntitlements.length} times and --${whom.name} ${grantPrincipals.length} times: several entitlements need as many principals, in the same order; one entitlement can go to any number of principals`,
    );
  }
  const pairs = grantPrincipals.map((principalId, index) => ({
    entitlementId: (another === undefined ? only : grantEntitlements[index]) ?? "",
    principalId,
  }));
  return [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
}

/** `--revoke-grant`: takes away grants that the file knows. */
export function makeRevokeTask(sdk: SdkConfig, { revoke: note }: ChangeNotes): OnDemandTask {
  return async ({ client }, ctx) => {
    const [{ runRevokeTask }, { withStoredRecords }] = await loadRecordTasks();
    await withStoredRecords(sourceOf(sdk), ctx, (records) =>
      runForEach(sdk.revokeGrants, ctx, (grant) => ({
        what: `revoking ${grant}`,
        run: async () => {
          const { alreadyRevoked } = await runRevokeTask(client, records, grant, ctx);
          if (alreadyRevoked) return { message: `${grant} had already been revoked`, fields: { grant } };
          const notes = [...(note === undefined ? [] : [note]), syncAgain(sdk)];
          return { message: `${grant} was revoked`, fields: { grant }, notes };
        },
      })),
    );
  };
}

/** `--create-account-…`: creates an account from a login, an e-mail address, a profile or all of them. */
export function makeCreateAccountTask(sdk: SdkConfig): OnDemandTask {
  const { createAccountLogin: login = "", createAccountEmail: email = "" } = sdk;
  const profile =
    sdk.createAccountProfile === undefined
      ? undefined
      : parseJsonObject("create-account-profile", sdk.createAccountProfile);
  const resourceTypeId = sdk.createAccountResourceType ?? "";
  return async ({ client }, ctx) => {
    const { runCreateAccountTask } = await import("#tasks/accounts.ts");
    await runCreateAccountTask(client, { login, email, profile, resourceTypeId }, ctx);
    ctx.report({ message: "account created", fields: { login, email, resource_type: resourceTypeId } });
  };
}

/** `--delete-resource`: deletes resources of one type upstream. */
export function makeDeleteTask(sdk: SdkConfig): OnDemandTask {
  const resourceType = sdk.deleteResourceType ?? "";
  return async ({ client }, ctx) => {
    const { runDeleteResourceTask } = await import("#tasks/accounts.ts");
    await runForEach(sdk.deleteResources, ctx, (resource) => ({
      what: `deleting ${resource}`,
      run: async () => {
        await runDeleteResourceTask(client, { resourceType, resource }, ctx);
        return { message: "resource deleted", fields: { resource, resource_type: resourceType } };
      },
    }));
  };
}

/** `--rotate-credentials`: gives accounts of one type new passwords that nobody learns. */
export function makeRotateTask(sdk: SdkConfig): OnDemandTask {
  const resourceType = sdk.rotateCredentialsType ?? "";
  return async ({ client }, ctx) => {
    const { runRotateCredentialTask } = await import("#tasks/accounts.ts");
    await runForEach(sdk.rotateCredentials, ctx, (resource) => ({
      what: `rotating the credentials of ${resource}`,
      run: async () => {
        await runRotateCredentialTask(client, { resourceType, resource }, ctx);
        return { message: "credentials rotated", fields: { resource, resource_type: resourceType } };
      },
    }));
  };
}

/** What is named twice is done once. */
function runForEach(
  ids: readonly string[],
  ctx: OnDemandContext,
  toStep: (id: string) => Step,
): Promise<void> {
  return runSteps([...new Set(ids)].map(toStep), ctx);
}

function loadRecordTasks() {
  return Promise.all([import("#tasks/grant-and-revoke.ts"), import("#tasks/stored-records.ts")]);
}

function sourceOf({ file, c1zTempDir }: SdkConfig) {
  return { file, tempDir: c1zTempDir };
}

function syncAgain({ file }: SdkConfig): string {
  return `${file} and reports from it show the change after the next sync`;
}
