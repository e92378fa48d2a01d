import type { Clock } from "#kernel/clock.ts";
import { ServerFailure, Unauthorized } from "./answer.ts";
import type { Owner, ServerState } from "./state.ts";

/**
 * Whom an `Authorization` header stands for. Undefined if there are no credentials that the server looks at:
 * other schemes than Bearer and Basic are as good as none.
 *
 * @throws Unauthorized for a Bearer header that is malformed or names no valid token.
 */
export function authenticate(
  header: string | undefined,
  state: ServerState,
  clock: Clock,
): Owner | undefined {
  const [scheme = "", ...rest] = (header ?? "").trim().split(/\s+/);
  if (scheme.toLowerCase() === "basic") refuseBasic(rest);
  if (scheme.toLowerCase() !== "bearer") return undefined;

  const [token] = rest;
  if (token === undefined) throw new Unauthorized("Invalid token header. No credentials provided.");
  if (rest.length > 1) {
    throw new Unauthorized("Invalid token header. Token string should not contain spaces.");
  }
  const known = state.tokens.get(normalizeToken(token));
  const isExpired = known?.validUntil !== undefined && Date.parse(known.validUntil) <= clock.now();
  if (known === undefined || isExpired) throw new Unauthorized("Invalid token.");
  return state.owner(known.ownerid);
}

/** The key of a token: hyphens and capitals do not matter. */
export function normalizeToken(token: string): string {
  return token.replaceAll("-", "").toLowerCase();
}

/** Basic credentials fail one way when they decode and others when they do not. */
function refuseBasic(rest: readonly string[]): void {
  const [encoded] = rest;
  if (encoded === undefined) throw new Unauthorized("Invalid basic header. No credentials provided.");
  if (rest.length > 1) {
    throw new Unauthorized("Invalid basic header. Credentials string should not contain spaces.");
  }
  const isBase64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}==|[\w+/-]{3}=)?$/.test(encoded);
  if (!isBase64) {
    throw new Unauthorized("Invalid basic header. Credentials not correctly base64 encoded.");
  }
  throw new ServerFailure("Basic credentials");
}
