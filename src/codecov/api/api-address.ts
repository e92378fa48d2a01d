import { type ApiBase, type BaseUrlOptions, resolveBaseUrl } from "#http/base-url.ts";

export { checkBaseUrl } from "#http/base-url.ts";

/** The API of the hosted service. */
export const HOSTED_BASE_URL = "https://api.codecov.io";

/** Root path of API v2 on every Codecov server. */
export const API_PATH = "/api/v2";

/** The setting that holds the base URL, for messages. */
export const BASE_URL_SETTING = "--codecov-base-url";

/** Where the base URL comes from. */
export function baseUrlOptions(allowHttp: boolean): BaseUrlOptions {
  return { setting: BASE_URL_SETTING, allowHttp, allowHttpSetting: "--codecov-allow-http" };
}

/**
 * Reads a base URL given with or without `/api/v2` and with or without a slash at the end.
 *
 * @returns the origin, and the path of the API's root such as `/api/v2`
 * @throws BatonError InvalidArgument that says what is wrong; in particular for plain HTTP to anything but
 * this machine, unless `allowHttp`: the token would travel in the open.
 */
export function resolveApiAddress(text: string, allowHttp: boolean): ApiBase {
  return withApiPath(resolveBaseUrl(text, baseUrlOptions(allowHttp)));
}

/** One text for all spellings of a base URL that lead to the same server; the text itself if it is not a URL. */
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

function toApiBase({ origin, pathname }: URL): ApiBase {
  return withApiPath({ origin, path: pathname.replace(/\/+$/, "") });
}

function withApiPath({ origin, path }: ApiBase): ApiBase {
  return { origin, path: path.endsWith(API_PATH) ? path : path + API_PATH };
}
