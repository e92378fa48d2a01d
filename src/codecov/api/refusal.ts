import { toShortLine } from "#http/error-text.ts";
import type { HttpResponse } from "#http/http-client.ts";
import type { RequestName } from "#http/http-error.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { errorSchema } from "./schemas.ts";

/**
 * The `detail` of an error response as a short line; undefined if there is none, as when no route of the API matched.
 */
export function readDetail(response: HttpResponse): string | undefined {
  try {
    const parsed = errorSchema.safeParse(JSON.parse(new TextDecoder().decode(response.body)));
    return parsed.success ? toShortLine(parsed.data.detail, response.redact) : undefined;
  } catch {
    return undefined;
  }
}

/** A 404 that is not Codecov's. */
export function noSuchRoute(endpoint: RequestName): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `there is no Codecov API v2 at ${endpoint.name}: the server returned 404 Not Found, but not in the way Codecov does; check --codecov-base-url`,
    { kind: "configuration" },
  );
}
