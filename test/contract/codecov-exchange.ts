import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as sendHttp } from "node:http";
import type { Change } from "../fakes/codecov/changes.ts";
import type { RecordedEffects } from "../fakes/codecov/coverage/effects.ts";
import type { CodecovSimulator } from "../fakes/codecov/simulator.ts";
import type { ProviderAnswer } from "../fakes/codecov/view.ts";

/** A recorded request. A body that is an object is sent as JSON, one that is a string as it is. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A recorded answer, or one that was brought into the same form. */
export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Step {
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
}

interface ChangeStep {
  readonly change: Change;
}

/** One line of `codecov-exchanges.jsonl` or `codecov-coverage-exchanges.jsonl` in `test/golden/codecov/`. */
export interface Exchange extends Step {
  readonly id: string;
  readonly family: string;
  readonly about: string;
  readonly state_ref: string;
  readonly installation: "hosted" | "self-hosted";
  readonly site_admins?: readonly string[];
  readonly provider?: ProviderAnswer;
  readonly before?: readonly (ChangeStep | Change)[];
  readonly then?: readonly (Step | ChangeStep)[];
  readonly unordered?: readonly string[];
  readonly volatile?: readonly string[];
  /** What the whole exchange changed or caused; absent if nothing. Coverage only. */
  readonly effects?: RecordedEffects;
  /** Recorded on a deployment that keeps time series. Coverage only. */
  readonly time_series?: boolean;
}

/** A step with its place, as `unordered` and `volatile` name it: `""` or `then[2].`. */
export interface PlacedStep extends Step {
  readonly place: string;
}

/** Names nobody in any state. */
const UNKNOWN_TOKEN = "00000000-0000-4000-8000-000000000000";

const COMPARED_HEADERS = ["content-type", "location", "www-authenticate", "allow", "vary"];

/** Brings the simulator through the exchange's changes and yields each request where it is due. */
export function* walkSteps(exchange: Exchange, simulator: CodecovSimulator): Generator<PlacedStep> {
  for (const step of exchange.before ?? []) simulator.change("change" in step ? step.change : step);
  yield { place: "", request: exchange.request, response: exchange.response };
  for (const [index, step] of (exchange.then ?? []).entries()) {
    if ("change" in step) simulator.change(step.change);
    else yield { place: `then[${index}].`, ...step };
  }
}

/** The exchanges of a golden file. */
export function readExchanges(file: string): Exchange[] {
  return readFileSync(new URL(`../golden/codecov/${file}`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Exchange => JSON.parse(line));
}

/** Sends a recorded request as it was, and gives the answer in the recorded form. */
export async function replayRequest(
  simulator: CodecovSimulator,
  recorded: RecordedRequest,
): Promise<RecordedResponse> {
  const { host } = new URL(simulator.url);
  const headers = Object.entries(recorded.headers).map(
    ([name, value]) => [name, fillTokens(value, simulator.tokens)] as const,
  );
  const path = fillTokens(recorded.path, simulator.tokens);
  const body = recorded.body === undefined ? undefined : encodeBody(recorded.body);
  const answer = await send(`${simulator.url}${path}`, recorded.method, Object.fromEntries(headers), body);
  return {
    status: answer.status,
    headers: pickHeaders(answer.headers),
    body: readBody(answer.headers["content-type"] ?? "", answer.text.replaceAll(host, "HOST")),
  };
}

/** Replaces what a recorded body leaves open, on both sides, so that they can be compared. */
export function normalizePair(
  recorded: RecordedResponse,
  replayed: RecordedResponse,
  place: string,
  { unordered = [], volatile = [] }: Exchange,
): [expected: unknown, actual: unknown] {
  const hasDigest = JSON.stringify(recorded.body).includes('"$digest"');
  const normalize = (response: RecordedResponse): unknown => {
    let { body } = response;
    if (isObject(body) && unordered.includes(`${place}response.body.results`)) {
      body = { ...body, results: sortRows(body["results"]) };
    }
    if (isObject(body) && volatile.includes(`${place}response.body.detail`)) {
      body = { ...body, detail: String(body["detail"]).replace(/ - .*/s, " - …") };
    }
    if (isObject(body) && hasDigest && Array.isArray(body["results"])) {
      body = { ...body, results: { $digest: digestRows(body["results"]) } };
    }
    return { ...response, body };
  };
  return [normalize(recorded), normalize(replayed)];
}

interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The global `fetch` would add an `Accept` header and tidy up the path. */
async function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): Promise<PlainAnswer> {
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf("/", "http://".length));
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  return await new Promise((resolve, reject) => {
    const outgoing = sendHttp(
      { hostname, port, method, path, headers: { ...headers, ...length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** `<name>`, `<name:upper>` and `<name:no-hyphens>` stand for a token of the state. */
function fillTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(
    /<([a-z-]+?)(?::(upper|no-hyphens))?>/g,
    (_, name: string, form: string | undefined) => {
      const token = name === "unknown-token" ? UNKNOWN_TOKEN : tokens[name];
      if (token === undefined) throw new Error(`the state has no token ${name}`);
      if (form === "upper") return token.toUpperCase();
      return form === "no-hyphens" ? token.replaceAll("-", "") : token;
    },
  );
}

function encodeBody(body: unknown): Buffer {
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body), "utf8");
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    COMPARED_HEADERS.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

function readBody(contentType: string, text: string): unknown {
  if (contentType === "application/json") return text === "" ? "" : JSON.parse(text);
  const title = /<title>(.*?)<\/title>/s.exec(text)?.[1];
  if (title?.endsWith("Django REST framework") !== true) return text;
  const block = /<pre class="response-info">(.*?)<\/pre>/s.exec(text)?.[1] ?? "";
  return {
    $html: {
      doctype: /^<![^>]*>/.exec(text)?.[0],
      title,
      response_block_text: block.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    },
  };
}

function sortRows(rows: unknown): unknown {
  if (!Array.isArray(rows)) return rows;
  return rows.toSorted((a, b) => (writeSorted(a) < writeSorted(b) ? -1 : 1));
}

function digestRows(rows: readonly unknown[]): unknown {
  const sha256 = createHash("sha256").update(writeSorted(rows), "utf8").digest("hex");
  return { length: rows.length, first: rows[0], last: rows.at(-1), sha256 };
}

/** JSON with sorted keys and no blanks. */
function writeSorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
