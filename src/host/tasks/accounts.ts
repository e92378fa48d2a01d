import { createHash, generateKeyPairSync } from "node:crypto";
import {
  CreateAccountRequest,
  type CreateAccountResponse,
  CredentialOptions,
  EncryptionConfig,
  RotateCredentialRequest,
  type RotateCredentialResponse,
} from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import type { ConnectorClient } from "#launch/connector-client.ts";
import { makeResourceId, type ResourceKeyParts } from "#model/ids.ts";

export interface CreateAccountTaskOptions {
  readonly login: string;
  readonly email: string;
  /** Absent: a profile of login and e-mail. */
  readonly profile?: Readonly<Record<string, unknown>> | undefined;
  /** Empty leaves the choice to the connector. */
  readonly resourceTypeId: string;
}

const PASSWORD_LENGTH = 20n;

/**
 * Creates an account with a random password that nobody learns: the connector encrypts it to a key that is
 * thrown away here, so the account has to be given a password in the upstream system. Go hosts do the same.
 */
export async function runCreateAccountTask(
  client: Pick<ConnectorClient, "createAccount">,
  { login, email, profile = {}, resourceTypeId }: CreateAccountTaskOptions,
  ctx: CallContext,
): Promise<CreateAccountResponse> {
  const complete = { ...(login === "" ? {} : { login }), ...(email === "" ? {} : { email }), ...profile };
  const address = email || textOf(profile["email"]);
  const request = CreateAccountRequest.fromPartial({
    accountInfo: {
      emails: address === "" ? [] : [{ address, isPrimary: true }],
      login: login || textOf(profile["login"]),
      profile: complete,
    },
    credentialOptions: randomPassword(),
    encryptionConfigs: [forgottenKey()],
    resourceTypeId,
  });
  return await client.createAccount(request, ctx.signal);
}

/** Gives an account a new random password that nobody learns; see {@link runCreateAccountTask}. */
export async function runRotateCredentialTask(
  client: Pick<ConnectorClient, "rotateCredential">,
  { resourceType, resource }: ResourceKeyParts,
  ctx: CallContext,
): Promise<RotateCredentialResponse> {
  const request = RotateCredentialRequest.fromPartial({
    resourceId: makeResourceId(resourceType, resource),
    credentialOptions: randomPassword(),
    encryptionConfigs: [forgottenKey()],
  });
  return await client.rotateCredential(request, ctx.signal);
}

/** Deletes a resource upstream; the next sync shows that it is gone. */
export async function runDeleteResourceTask(
  client: Pick<ConnectorClient, "deleteResource">,
  { resourceType, resource }: ResourceKeyParts,
  ctx: CallContext,
): Promise<void> {
  const resourceId = makeResourceId(resourceType, resource);
  await client.deleteResource({ resourceId, parentResourceId: undefined }, ctx.signal);
}

function randomPassword(): CredentialOptions {
  return CredentialOptions.fromPartial({
    options: { $case: "randomPassword", value: { length: PASSWORD_LENGTH } },
  });
}

/** A public key whose private half is never kept. Its id is the thumbprint of RFC 7638. */
function forgottenKey(): EncryptionConfig {
  const { crv, kty, x } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const jwk = JSON.stringify({ crv, kty, x });
  return EncryptionConfig.fromPartial({
    provider: "baton/jwk/v1",
    keyId: createHash("sha256").update(jwk).digest("hex"),
    config: { $case: "jwkPublicKeyConfig", value: { pubKey: Buffer.from(jwk) } },
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
