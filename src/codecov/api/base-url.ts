import { BatonError, Code } from "#kernel/errors.ts";
import { isLoopback } from "#kernel/loopback.ts";

/** The API of the hosted service. */
export const HOSTED_BASE_URL = "https://api.codecov.io";

/** Root path of API v2 on every Codecov server. */
export const API_PATH = "/api/v2";

/** Where the API is. */
export interface ApiBase {
  /** The only origin that ever receives the token. */
  readonly origin: string;
  /** Path of the API's root without a slash at the end, for example `/api/v2`. */
  readonly path: string;
}

/** What is wrong with a base URL by itself; undefined if nothing is. Never repeats the text: it may hold a password. */
export function checkBaseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return `must be a URL such as ${HOSTED_BASE_URL}`;
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not contain a user name or password";
  if (url.search !== "" || url.hash !== "") return "must not contain a query or a fragment";
  return undefined;
}

/**
 * Reads a base URL given with or without `/api/v2` and with or without a slash at the end.
 *
 * @throws BatonError InvalidArgument that says what is wrong; in particular for plain HTTP to anything but
 * this machine, unless `allowHttp`: the token would travel in the open.
 */
export function resolveBaseUrl(text: string, allowHttp: boolean): ApiBase {
  const problem = checkBaseUrl(text);
  if (problem !== undefined) throw invalid(problem);
  const url = new URL(text);
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url.hostname)) {
    throw invalid(
      `is http://, over which the API token would travel unencrypted to ${url.host}; use https://, or accept that with --codecov-allow-http`,
    );
  }
  return toApiBase(url);
}

/** One text for all spellings of a base URL that lead to the same server; the text itself if it is no URL. */
export function serverKey(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  const { origin, path } = toApiBase(url);
  return origin + path;
}

/** A base URL for people's eyes: without the root path of the API, and without anything that could be a secret. */
export function serverAddress(text: string): string {
  const url = URL.parse(text);
  if (url === null) return "unknown";
  const { origin, path } = toApiBase(url);
  return origin + path.slice(0, -API_PATH.length);
}

function toApiBase(url: URL): ApiBase {
  const prefix = url.pathname.replace(/\/+$/, "");
  return { origin: url.origin, path: prefix.endsWith(API_PATH) ? prefix : prefix + API_PATH };
}

function invalid(problem: string): BatonError {
  return new BatonError(Code.InvalidArgument, `--codecov-base-url ${problem}`, { kind: "configuration" });
}
