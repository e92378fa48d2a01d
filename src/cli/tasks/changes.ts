import type { SdkConfig } from "../settings.ts";
import { parseJsonObject, type Task } from "./task.ts";

/** `--grant-entitlement`: gives an entitlement to a principal, both as the file knows them. */
export function makeGrantTask(sdk: SdkConfig, entitlementId: string): Task {
  return async ({ client }, ctx) => {
    const { runGrantTask } = await import("#tasks/provision.ts");
    const principalId = sdk.grantPrincipal ?? "";
    const { alreadyExisted } = await runGrantTask(
      client,
      {
        file: sdk.file,
        tempDir: sdk.c1zTempDir,
        entitlementId,
        principalId,
        principalType: sdk.grantPrincipalType,
      },
      ctx,
    );
    const fields = { entitlement: entitlementId, principal: principalId };
    if (alreadyExisted) return { message: `${principalId} already had ${entitlementId}`, fields };
    return { message: `${entitlementId} was granted to ${principalId}`, fields };
  };
}

/** `--revoke-grant`: takes away a grant that the file knows. */
export function makeRevokeTask(sdk: SdkConfig, grantId: string): Task {
  return async ({ client }, ctx) => {
    const { runRevokeTask } = await import("#tasks/provision.ts");
    const { alreadyRevoked } = await runRevokeTask(
      client,
      { file: sdk.file, tempDir: sdk.c1zTempDir, grantId },
      ctx,
    );
    const message = alreadyRevoked ? `${grantId} had already been revoked` : `${grantId} was revoked`;
    return { message, fields: { grant: grantId } };
  };
}

/** `--create-account-…`: creates an account from a login, an e-mail address, a profile or all of them. */
export function makeCreateAccountTask(sdk: SdkConfig): Task {
  const { createAccountLogin: login = "", createAccountEmail: email = "" } = sdk;
  const profile =
    sdk.createAccountProfile === undefined
      ? undefined
      : parseJsonObject("create-account-profile", sdk.createAccountProfile);
  const resourceTypeId = sdk.createAccountResourceType ?? "";
  return async ({ client }, ctx) => {
    const { runCreateAccountTask } = await import("#tasks/accounts.ts");
    await runCreateAccountTask(client, { login, email, profile, resourceTypeId }, ctx);
    return { message: "account created", fields: { login, email, resource_type: resourceTypeId } };
  };
}

/** `--delete-resource`: deletes a resource upstream. */
export function makeDeleteTask(sdk: SdkConfig, resource: string): Task {
  const resourceType = sdk.deleteResourceType ?? "";
  return async ({ client }, ctx) => {
    const { runDeleteResourceTask } = await import("#tasks/accounts.ts");
    await runDeleteResourceTask(client, { resourceType, resource }, ctx);
    return { message: "resource deleted", fields: { resource, resource_type: resourceType } };
  };
}

/** `--rotate-credentials`: gives an account a new password that nobody learns. */
export function makeRotateTask(sdk: SdkConfig, resource: string): Task {
  const resourceType = sdk.rotateCredentialsType ?? "";
  return async ({ client }, ctx) => {
    const { runRotateCredentialTask } = await import("#tasks/accounts.ts");
    await runRotateCredentialTask(client, { resourceType, resource }, ctx);
    return { message: "credentials rotated", fields: { resource, resource_type: resourceType } };
  };
}
