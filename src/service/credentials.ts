import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Secret } from "#kernel/secret.ts";

/** A client id of C1, `<name>@<host>[:port]/<use case>`, in its parts. */
export interface ClientId {
  /** As it was given. */
  readonly text: string;
  /** What stands before the first `@`; shown to C1 in the user agent. */
  readonly name: string;
  /** The tenant's host, with the port if there is one. */
  readonly host: string;
}

/** What a client secret holds: the key that signs for the client. */
export interface SigningKey {
  readonly key: KeyObject;
  /** Id of the key, if the secret names one. */
  readonly id: string | undefined;
}

const SECRET_FIELDS = 4;
const SECRET_VERSION = "v1";
const KEY_BYTES = 32;

/**
 * Takes a client id apart as Go connectors do: at the first `@` and at the first `/` behind it.
 *
 * @throws BatonError Unknown if one of the two is missing.
 */
export function parseClientId(text: string): ClientId {
  const [, name, host] = /^([^@]*)@([^/]*)\//s.exec(text) ?? [];
  if (name === undefined || host === undefined || host === "") {
    throw new BatonError(
      Code.Unknown,
      "--client-id: invalid client id; it looks like name@acme.conductor.one/abc, copy it from C1 as a whole",
      { kind: "configuration" },
    );
  }
  return { text, name, host };
}

/**
 * Reads the Ed25519 key out of a client secret: four fields separated by colons, of which the third is the
 * version `v1` and the last a private JWK in base64url.
 *
 * @throws BatonError Unknown, always with the same words, so that nothing of the secret shows.
 */
export function parseClientSecret(secret: Secret): SigningKey {
  const fields = secret.reveal().trim().split(":");
  const [, , version] = fields;
  if (fields.length < SECRET_FIELDS || version !== SECRET_VERSION) throw invalidSecret();
  try {
    return readKey(fields.slice(SECRET_FIELDS - 1).join(":"));
  } catch {
    throw invalidSecret();
  }
}

function readKey(encoded: string): SigningKey {
  if (!/^[\w-]+$/.test(encoded)) throw invalidSecret();
  const jwk: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
  if (typeof jwk !== "object" || jwk === null) throw invalidSecret();
  const { kty, crv, x, d, kid } = Object.fromEntries(Object.entries(jwk));
  if (kty !== "OKP" || crv !== "Ed25519" || !isKeyPart(x) || !isKeyPart(d)) throw invalidSecret();
  const key = createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" });
  // Node derives the public half from the private one; a secret whose halves do not match is damaged.
  if (createPublicKey(key).export({ format: "jwk" }).x !== x) throw invalidSecret();
  return { key, id: typeof kid === "string" && kid !== "" ? kid : undefined };
}

function isKeyPart(value: unknown): value is string {
  return typeof value === "string" && Buffer.from(value, "base64url").length === KEY_BYTES;
}

function invalidSecret(): BatonError {
  return new BatonError(Code.Unknown, "--client-secret: invalid client secret; copy it from C1 as a whole", {
    kind: "configuration",
  });
}
