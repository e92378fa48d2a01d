import { randomBytes, sign } from "node:crypto";
import type { ClientId, SigningKey } from "./c1-credentials.ts";

/** How far the clocks of the two sides may differ, in seconds. */
const TOLERANCE_SECONDS = 120;

/**
 * The proof that we are the client: a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037).
 *
 * Made by hand, not with a JOSE library: one algorithm, signing only, no key sets and nothing to verify, so
 * Node's own `sign` is all there is to it.
 *
 * @param now epoch milliseconds
 */
export function signAssertion(clientId: ClientId, { key, id }: SigningKey, now: number): string {
  const issuedAt = Math.floor(now / 1000);
  const header = {
    alg: "EdDSA",
    ...(id === undefined ? {} : { kid: id }),
    nonce: randomBytes(16).toString("hex"),
  };
  const claims = {
    iss: clientId.text,
    sub: clientId.text,
    // The tenant the id names, also when another host answers for it.
    aud: clientId.host.replace(/:\d+$/, ""),
    iat: issuedAt,
    nbf: issuedAt - TOLERANCE_SECONDS,
    exp: issuedAt + TOLERANCE_SECONDS,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
