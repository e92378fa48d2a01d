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
 * Takes a client id apart as Go connectors do: at the first `@` and at the first `/` after it.
 *
 * @throws BatonError Unknown if one of the two is missing.
 */
export function parseClientId(text: string): ClientId {
  const [, name, host] = /^([^@]*)@([^/]*)\//s.exec(text) ?? [];
  if (name === undefined || host === undefined || host === "") {
    throw new BatonError(
      Code.Unknown,
      "--client-id: invalid client id; it looks like name@acme.conductor.one/abc, copy it from C1 in full",
      { kind: "configuration" },
    );
  }
  return { text, name, host };
}

/**
 * Reads the Ed25519 key out of a client secret: four fields separated by colons, of which the third is the
 * version `v1` and the last a private JWK in base64url.
 *
 * @param where what gave the secret, for the error
 * @throws BatonError Unknown, always with the same words, so that nothing of the secret shows.
 */
export function parseClientSecret(secret: Secret, where = "--client-secret"): SigningKey {
  const fields = secret.reveal().trim().split(":");
  const [, , version] = fields;
  const key =
    fields.length < SECRET_FIELDS || version !== SECRET_VERSION
      ? undefined
      : readKey(fields.slice(SECRET_FIELDS - 1).join(":"));
  if (key !== undefined) return key;
  throw new BatonError(Code.Unknown, `${where}: invalid client secret; copy it from C1 in full`, {
    kind: "configuration",
  });
}

/** Undefined if it is none. */
function readKey(encoded: string): SigningKey | undefined {
  if (!/^[\w-]+$/.test(encoded)) return undefined;
  try {
    const jwk: unknown = JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"));
    if (typeof jwk !== "object" || jwk === null) return undefined;
    const { kty, crv, x, d, kid } = Object.fromEntries(Object.entries(jwk));
    if (kty !== "OKP" || crv !== "Ed25519" || !isKeyPart(x) || !isKeyPart(d)) return undefined;
    const key = createPrivateKey({ key: { kty, crv, x, d }, format: "jwk" });
    // Node derives the public half from the private one; a secret whose halves do not match is damaged.
    if (createPublicKey(key).export({ format: "jwk" }).x !== x) return undefined;
    return { key, id: typeof kid === "string" && kid !== "" ? kid : undefined };
  } catch {
    return undefined;
  }
}

function isKeyPart(value: unknown): value is string {
  return typeof value === "string" && Buffer.from(value, "base64url").length === KEY_BYTES;
}
