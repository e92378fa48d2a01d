import type * as z from "zod";
import { describeHtml, looksLikeHtml } from "#http/error-text.ts";
import type { HttpAnswer } from "#http/http-client.ts";
import type { RequestName } from "#http/http-error.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/**
 * The body of a successful answer, checked against `schema`.
 *
 * @throws BatonError `Unavailable` if the JSON is broken, as a connection cut by a proxy leaves it;
 * `FailedPrecondition` for a web page or another shape: something else than Codecov's API answers there.
 */
export function decodeAnswer<Schema extends z.ZodType>(
  answer: HttpAnswer,
  schema: Schema,
  endpoint: RequestName,
): z.infer<Schema> {
  const checked = schema.safeParse(parseJson(answer, endpoint));
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "the answer" : issue.path.join(".");
  throw notCodecov(endpoint, `an unexpected shape (${where}: ${issue?.message ?? "unknown problem"})`);
}

function parseJson(answer: HttpAnswer, endpoint: RequestName): unknown {
  const text = readText(answer, endpoint);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (looksLikeHtml(text))
      throw notCodecov(endpoint, `${describeHtml(text, answer.redact)} instead of JSON`);
    const problem =
      text.trim() === "" ? "an empty body" : `broken JSON (${text.length} characters, cut short or damaged)`;
    throw new BatonError(
      Code.Unavailable,
      `${endpoint.upstream} answered ${endpoint.name} with ${problem}; if it stays so, look for a proxy in between`,
      { kind: "upstream", cause: error, lessMayHelp: true },
    );
  }
}

function readText({ body }: HttpAnswer, endpoint: RequestName): string {
  try {
    // Lenient decoding would replace broken bytes, and two different names could become one.
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw new BatonError(
      Code.Unavailable,
      `${endpoint.upstream} answered ${endpoint.name} with bytes that are not UTF-8; if it stays so, look for a proxy in between`,
      { kind: "upstream", cause: error, lessMayHelp: true },
    );
  }
}

function notCodecov(endpoint: RequestName, what: string): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `${endpoint.upstream} answered ${endpoint.name} with ${what}; check that --codecov-base-url is the address of a Codecov API and that no proxy answers in its place`,
    { kind: "configuration" },
  );
}
