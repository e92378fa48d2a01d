import { BatonError, Code } from "#kernel/errors.ts";
import { isLoopback } from "#kernel/loopback.ts";

/** Where an API is, as a setting says it. */
export interface BaseUrlOptions {
  /** The setting, for messages, for example `--acme-base-url`. */
  readonly setting: string;
  /** Accepts `http://` to another machine. */
  readonly allowHttp?: boolean | undefined;
  /** The setting that accepts it, for messages, for example `--acme-allow-http`; absent if there is none. */
  readonly allowHttpSetting?: string | undefined;
}

/** Where an API is. */
export interface ApiBase {
  /** Scheme, host and port: the only origin that ever receives the credentials. */
  readonly origin: string;
  /** Path of the API's root without a slash at the end, for example `/api/v2`; often empty. */
  readonly path: string;
}

/** What is wrong with a base URL by itself; undefined if nothing is. Never repeats the text: it may hold a password. */
export function checkBaseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "must be a URL such as https://api.example.com";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not contain a user name or password";
  if (url.search !== "" || url.hash !== "") return "must not contain a query or a fragment";
  return undefined;
}

/**
 * Reads a base URL, with or without slashes at its end.
 *
 * @throws BatonError InvalidArgument that says what is wrong; in particular for plain HTTP to anything but
 * this machine, unless that is allowed: the credentials would travel in the open.
 */
export function resolveBaseUrl(text: string, options: BaseUrlOptions): ApiBase {
  const { setting, allowHttp = false, allowHttpSetting } = options;
  const problem = checkBaseUrl(text);
  if (problem !== undefined) throw invalid(setting, problem);
  const url = new URL(text);
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url.hostname)) {
    const accept = allowHttpSetting === undefined ? "" : `, or accept that with ${allowHttpSetting}`;
    throw invalid(
      setting,
      `is http://, over which the credentials would travel unencrypted to ${url.host}; use https://${accept}`,
    );
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
}

function invalid(setting: string, problem: string): BatonError {
  return new BatonError(Code.InvalidArgument, `${setting} ${problem}`, { kind: "configuration" });
}
