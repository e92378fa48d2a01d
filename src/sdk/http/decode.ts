import type * as z from "zod";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeHtml, looksLikeHtml } from "./error-text.ts";
import type { HttpResponse } from "./http-client.ts";
import type { RequestName } from "./http-error.ts";

/**
 * The body of a successful response, checked against `schema`.
 *
 * @param advice what to check if something else than the API responded, the end of a sentence
 * @throws BatonError `Unavailable` if the JSON is broken, as a connection cut by a proxy leaves it;
 * `FailedPrecondition` for a web page, no content (204) or another shape: something else than the API responded.
 */
export function decodeBody<Schema extends z.ZodType>(
  response: HttpResponse,
  schema: Schema,
  endpoint: RequestName,
  advice: string,
): z.infer<Schema> {
  return checkShape(parseBody(response, endpoint, advice), schema, endpoint, advice);
}

/**
 * A value out of a response, checked against `schema`.
 *
 * @param where where in the response it stands, for example `users.3`
 * @throws BatonError `FailedPrecondition` that names the place and the problem
 */
export function checkShape<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  endpoint: RequestName,
  advice: string,
  where = "",
): z.infer<Schema> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const place = [where, ...(issue?.path ?? [])].filter((part) => part !== "").join(".");
  const problem = issue?.message ?? "unknown problem";
  throw shapeError(endpoint, `${place === "" ? "the response" : place}: ${problem}`, advice);
}

/** The error for a response that is not what the API documents. @param problem for example `users: not a list` */
export function shapeError(endpoint: RequestName, problem: string, advice: string): BatonError {
  return foreignResponse(endpoint, `an unexpected shape (${problem})`, advice);
}

/** The JSON of a body. @throws BatonError as {@link decodeBody} */
export function parseBody(response: HttpResponse, endpoint: RequestName, advice: string): unknown {
  // Not cut short: it has no body on purpose, and repeating the request would bring the same again.
  if (response.status === 204) throw shapeError(endpoint, "204 No Content, where a body is expected", advice);
  const text = readText(response, endpoint);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (looksLikeHtml(text))
      throw foreignResponse(endpoint, `${describeHtml(text, response.redact)} instead of JSON`, advice);
    const problem =
      text.trim() === "" ? "an empty body" : `invalid JSON (${text.length} characters, truncated or damaged)`;
    throw damaged(endpoint, problem, error);
  }
}

function readText({ body }: HttpResponse, endpoint: RequestName): string {
  try {
    // Lenient decoding would replace broken bytes, and two different names could become one.
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw damaged(endpoint, "bytes that are not UTF-8", error);
  }
}

function damaged(endpoint: RequestName, what: string, cause: unknown): BatonError {
  return new BatonError(
    Code.Unavailable,
    `${endpoint.upstream} responded to ${endpoint.name} with ${what}; if this persists, look for a proxy in between`,
    { kind: "upstream", cause, lessMayHelp: true },
  );
}

function foreignResponse(endpoint: RequestName, what: string, advice: string): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `${endpoint.upstream} responded to ${endpoint.name} with ${what}; ${advice}`,
    { kind: "configuration" },
  );
}
