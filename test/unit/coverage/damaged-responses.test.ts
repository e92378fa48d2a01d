import { expect, onTestFinished, test } from "vitest";
import { CodecovCall } from "#codecov/api/api.ts";
import { readOrganization } from "#codecov/coverage/reading/read-organization.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { damageAnswer } from "../../fakes/codecov/fuzz.ts";
import { seededRandom } from "../../fakes/codecov/random.ts";
import { startCodecovSimulator } from "../../fakes/codecov/simulator.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { MemoryLedger } from "../../fakes/memory-ledger.ts";

const CASES = 2_000;
const START = "2026-11-27T12:00:00Z";
const TARGET = {
  origin: "https://codecov.test",
  apiPath: "/api/v2",
  service: "github",
  owner: "acme",
} as const;

/** Codes that say nothing to whoever reads them. */
const MEANINGLESS: ReadonlySet<number> = new Set([Code.Unknown, Code.Internal, Code.NotFound]);

/** Whole numbers that a report counts: one that changes alone contradicts the others. */
const COUNTS = ["lines", "hits", "misses", "partials"];

test(`${CASES} damaged responses give what is right, unknown with a reason, or an error`, async () => {
  const bodies = await recordBodies();
  const right = await read(bodies, undefined);
  expect(right.failed).toEqual([]);
  const seen = { right: 0, unknown: 0, failed: 0, unread: 0 };
  const random = seededRandom(14);
  const paths = [...bodies.keys()];
  for (let round = 0; round < CASES; round += 1) {
    const path = paths[Math.floor(random() * paths.length)] ?? "";
    const damaged = damage(bodies.get(path) ?? Buffer.alloc(0), random);
    let result: Result;
    try {
      result = await read(bodies, { path, body: damaged });
    } catch (error) {
      if (!(error instanceof BatonError) || MEANINGLESS.has(error.code))
        throw new Error(`case ${round}: ${path} gives a meaningless error for ${damaged.toString("utf8")}`, {
          cause: error,
        });
      seen.failed += 1;
      continue;
    }
    const problem = findWrong(right.ledger, result.ledger);
    if (problem !== undefined)
      throw new Error(`case ${round}: ${path} gives ${problem} for ${damaged.toString("utf8")}`);
    const isWhole = describe(result.ledger) === describe(right.ledger);
    if (isWhole) seen.right += 1;
    else seen.unknown += 1;
    const isUnread = [...result.ledger.rows.values()].some(
      ({ state, detailsReadAt }) => state === "measured" && detailsReadAt === null,
    );
    if (isUnread && result.notes.length + result.failed.length === 0)
      throw new Error(`case ${round}: ${path} is silently not read for ${damaged.toString("utf8")}`);
    if (isUnread) seen.unread += 1;
  }
  // Each way out is taken often, so that each is tested.
  for (const number of Object.values(seen)) expect(number).toBeGreaterThan(50);
}, 120_000);

interface Result {
  readonly ledger: MemoryLedger;
  readonly failed: readonly string[];
  readonly notes: readonly string[];
}

/** The responses of one reading by their paths. */
async function recordBodies(): Promise<ReadonlyMap<string, Buffer>> {
  const simulator = await startCodecovSimulator({
    coverage: { repositories: 3, days: 4, openPulls: 2, privateEvery: 3 },
    now: START,
  });
  onTestFinished(async () => simulator.close());
  const bodies = new Map<string, Buffer>();
  const call = new CodecovCall(TARGET, {
    now: () => Date.parse(START),
    async send(request, _patience, use) {
      const headers = { authorization: `Bearer ${simulator.tokens["admin-token"]}` };
      const response = await fetch(simulator.url + request.path, { headers });
      const body = Buffer.from(await response.arrayBuffer());
      bodies.set(request.path, body);
      return use(
        { status: response.status, headers: {}, body, redact: (text) => text },
        nameOf(request.path),
      );
    },
  });
  await readWith(call);
  return bodies;
}

async function read(
  bodies: ReadonlyMap<string, Buffer>,
  damaged: { readonly path: string; readonly body: Buffer } | undefined,
): Promise<Result> {
  const call = new CodecovCall(TARGET, {
    now: () => Date.parse(START),
    async send(request, _patience, use) {
      const body = request.path === damaged?.path ? damaged.body : bodies.get(request.path);
      // Asked for only because of the damage, for example a second page.
      if (body === undefined)
        return use(jsonResponse(404, { detail: "Invalid page." }), nameOf(request.path));
      return use({ status: 200, headers: {}, body, redact: (text) => text }, nameOf(request.path));
    },
  });
  return await readWith(call);
}

async function readWith(call: CodecovCall): Promise<Result> {
  const ledger = new MemoryLedger();
  const ctx = {
    signal: new AbortController().signal,
    log: silentLogger,
    clock: new ManualClock(Date.parse(START)),
  };
  const source = { requestCount: 0, forCall: () => call };
  const { failed, notes } = await readOrganization(source, ledger, { details: "seat", days: 30 }, ctx);
  return { ledger, failed, notes };
}

function jsonResponse(status: number, value: unknown) {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(value)), redact: (text: string) => text };
}

function nameOf(path: string) {
  return { upstream: "Codecov", name: `GET ${path}` };
}

/** What is neither right nor unknown. */
function findWrong(right: MemoryLedger, other: MemoryLedger): string | undefined {
  for (const [name, row] of other.rows) {
    const expected = right.rows.get(name);
    if (expected === undefined) return `a repository ${name}`;
    if (row.totals !== null)
      for (const [key, value] of Object.entries(row.totals))
        if (value !== null && value !== Reflect.get(expected.totals ?? {}, key))
          return `${name}: ${key} ${value}`;
    if (row.private !== expected.private) return `${name}: private ${row.private}`;
    if (row.totals === null && (row.state === "measured" || row.reason === null)) return `${name}: no reason`;
    for (const [day, values] of row.trend)
      if (JSON.stringify(values) !== JSON.stringify(expected.trend.get(day)))
        return `${name}: another ${day}`;
    for (const key of ["head", "newest"] as const)
      if (row[key] !== null && JSON.stringify(row[key]) !== JSON.stringify(expected[key]))
        return `${name}: another ${key}: ${JSON.stringify(row[key])}`;
  }
  for (const [name, pulls] of other.pulls)
    for (const [number, pull] of pulls) {
      const expected = right.pulls.get(name)?.get(number);
      if (expected === undefined) return `a pull request ${number} of ${name}`;
      for (const key of ["head", "base", "patch"] as const) {
        const figures: Readonly<Record<string, number | null>> = pull[key] ?? {};
        for (const [count, value] of Object.entries(figures))
          if (value !== null && value !== Reflect.get(expected[key] ?? {}, count))
            return `${name}, pull request ${number}: ${key} ${count} ${value}`;
      }
    }
  return undefined;
}

function describe({ rows, pulls }: MemoryLedger): string {
  return JSON.stringify([
    [...rows].map(([name, row]) => [name, row, [...row.trend]]),
    [...pulls].map(([, p]) => [...p]),
  ]);
}

/** Bytes that are damaged on their way, or a value deep within that is of another type, gone, or contradicts another. */
function damage(body: Buffer, random: () => number): Buffer {
  if (random() < 0.2) {
    const { answer, cutAfter } = damageAnswer({ status: 200, headers: {}, body }, random);
    return answer.body.subarray(0, cutAfter ?? answer.body.length);
  }
  const value: unknown = JSON.parse(body.toString("utf8"));
  const places = [...placesIn(value)];
  const place = places[Math.floor(random() * places.length)];
  if (place === undefined) return Buffer.from("17");
  const { holder, key } = place;
  const old: unknown = Reflect.get(holder, key);
  if (random() < 0.2 && !Array.isArray(holder)) Reflect.deleteProperty(holder, key);
  else if (typeof old === "number" && COUNTS.includes(key) && random() < 0.5)
    Reflect.set(holder, key, old + 1);
  else
    Reflect.set(
      holder,
      key,
      pick(
        [{}, [], [null], "?", -1, 0.5, true, 1e300].filter((wrong) => differs(wrong, old)),
        random,
      ),
    );
  return Buffer.from(JSON.stringify(value));
}

/** Every value of a response that a reader uses, with whoever holds it. */
function* placesIn(value: unknown): Generator<{ readonly holder: object; readonly key: string }> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (!IGNORED.has(key)) yield { holder: value, key };
    if (!IGNORED.has(key)) yield* placesIn(inner);
  }
}

/** Keys that nobody reads, and texts of which no damage to another text can be noticed. */
const IGNORED: ReadonlySet<string> = new Set([
  "previous",
  "total_pages",
  "methods",
  "complexity",
  "complexity_total",
  "complexity_ratio",
  "diff",
  "message",
  "ci_passed",
  "parent",
]);

/** Of another type, as only that can be noticed. */
function differs(wrong: unknown, old: unknown): boolean {
  return Array.isArray(wrong) !== Array.isArray(old) || typeof wrong !== typeof old;
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}
