import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { runProgram } from "./program.ts";

/**
 * What the public import script (github.com/port-labs/example-codecov-test-coverage) gets wrong, as listed in
 * `docs/coverage-rules.md`, and what happens here instead.
 */

interface ReportedRepository {
  readonly name: string;
  readonly private: boolean;
  readonly branch: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly coverage: number | null;
  readonly totals: Readonly<Record<string, number | null>> | null;
  readonly reported_at: string | null;
  readonly trend: readonly { readonly day: string; readonly coverage: number }[];
}

let simulator: CodecovSimulator;
let cwd: string;

beforeEach(async () => {
  simulator = await startCodecovSimulator({ coverage: { demo: true } });
  onTestFinished(() => simulator.close());
  cwd = await mkdtemp(join(tmpdir(), "baton-import-mistakes-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
});

function run(...words: readonly string[]): ReturnType<typeof runProgram> {
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  return runProgram(["coverage", ...words], { cwd, env });
}

/** Reads everything, and returns what the report then says. */
async function importAll(...flags: readonly string[]): Promise<Map<string, ReportedRepository>> {
  const sync = await run("sync", ...flags);
  expect(sync.code, sync.stderr).toBe(0);
  const report = await run("report", "--format=json");
  expect(report.code, report.stderr).toBe(0);
  const { repositories } = JSON.parse(report.stdout) as { repositories: readonly ReportedRepository[] };
  return new Map(repositories.map((repository) => [repository.name, repository]));
}

test("the token is sent, so that private repositories are there", async () => {
  const repositories = await importAll();
  expect(repositories.get("vault")).toMatchObject({ private: true, state: "measured", coverage: 95.05 });
  const token = `Bearer ${simulator.tokens["admin-token"]}`;
  expect(simulator.requests.length).toBeGreaterThan(10);
  for (const { headers } of simulator.requests) expect(headers.authorization).toBe(token);
});

test("figures are numbers or null, in every repository", async () => {
  for (const { coverage, totals, state } of (await importAll("--details=none")).values()) {
    expect(coverage === null).toBe(state !== "measured");
    expect(totals === null).toBe(state !== "measured");
    for (const value of [coverage, ...Object.values(totals ?? {})])
      if (value !== null) expect(value).toBeTypeOf("number");
  }
});

test("what has no report is unknown with a reason, and not empty or 0", async () => {
  const repositories = await importAll("--details=none");
  for (const [name, state] of [
    ["recommender", "no_report"],
    ["design-tokens", "no_report"],
    ["docs", "not_active"],
    ["(unreadable 1)", "unreadable"],
  ] as const) {
    expect(repositories.get(name)).toMatchObject({ state, coverage: null, totals: null });
    expect(repositories.get(name)?.reason).toMatch(/\w/);
  }
});

test("a failure that passes does not end the import half-way", async () => {
  simulator.faults.add(
    { path: "/repos/\\?", fault: { kind: "answer", status: 503 } },
    { path: "/coverage/", fault: { kind: "answer", status: 429, headers: { "retry-after": "1" } } },
    { path: "/commits/", fault: { kind: "reset", at: "body" } },
  );
  const repositories = await importAll();
  expect([...repositories.values()].filter(({ state }) => state === "measured")).toHaveLength(6);
  expect(repositories.get("billing")?.trend.length).toBeGreaterThan(25);
  expect(simulator.counters.byStatus).toMatchObject({ 503: 1, 429: 1 });
});

test("a row that the server fails on does not lose the others, and is told", async () => {
  const repositories = await importAll("--details=none");
  expect(repositories.size).toBe(12);
  expect(repositories.get("(unreadable 1)")?.state).toBe("unreadable");
});

describe("the address of the next page", () => {
  test("is not followed: requests and token stay with the configured server", async () => {
    let strays = 0;
    const stranger = createServer((_, response) => {
      strays += 1;
      response.end("{}");
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void stranger.close());
    const { port } = stranger.address() as AddressInfo;
    simulator.faults.add({
      path: "/repos/\\?",
      times: null,
      fault: {
        kind: "edit",
        path: ["next"],
        value: `http://127.0.0.1:${port}/api/v2/github/acme/repos/?page=2`,
      },
    });
    const repositories = await importAll("--details=none");
    expect(repositories.get("web")?.coverage).toBe(86.17);
    expect(strays).toBe(0);
  });

  test("is hardly needed: an organization takes one page, where the script would take one for 20 rows", async () => {
    await simulator.close();
    simulator = await startCodecovSimulator({ coverage: { repositories: 100, days: 1, openPulls: 0 } });
    onTestFinished(() => simulator.close());
    expect((await importAll("--details=none")).size).toBe(100);
    expect(simulator.requests).toHaveLength(1);
  });
});

test("an owner or a time that is null does not end the import", async () => {
  simulator.change({ op: "set-repo", repo: "web", set: { updatestamp: null } });
  simulator.faults.add({
    path: "/repos/\\?",
    times: null,
    fault: { kind: "edit", path: ["results", 0, "author"], value: null },
  });
  expect((await importAll("--details=none")).get("web")).toMatchObject({
    state: "measured",
    coverage: 86.17,
  });
});

test("the time is that of the report, and not of the last change of the row", async () => {
  const web = async () => (await importAll()).get("web")?.reported_at ?? "";
  const before = await web();
  const updated = new Date().toISOString();
  simulator.change({ op: "set-repo", repo: "web", set: { updatestamp: updated } });
  expect(await web()).toBe(before);
  expect(Date.parse(before)).toBeLessThan(Date.parse(updated) - 3_600_000);
});

test("branches and pull requests do not overwrite the value of the repository", async () => {
  const low = { hits: 1, misses: 99 };
  simulator.change({ op: "upload", repo: "web", branch: "feature/cart", ago_seconds: 7_200, counts: low });
  expect((await importAll()).get("web")).toMatchObject({ coverage: 86.17, branch: "main" });
  simulator.change({ op: "upload", repo: "web", branch: "main", ago_seconds: 7_000, counts: low });
  expect((await importAll()).get("web")).toMatchObject({ coverage: 1, branch: "main" });
});

test("what is gone is marked, after three readings without it", async () => {
  const state = async () => (await importAll("--details=none")).get("search")?.state;
  expect(await state()).toBe("measured");
  simulator.change({ op: "set-repo", repo: "search", set: { deleted: true } });
  expect([await state(), await state(), await state()]).toEqual(["measured", "measured", "gone"]);
});

test("history is what was, and not what is today", async () => {
  const trend = (await importAll()).get("mobile-app")?.trend ?? [];
  expect(trend.length).toBeGreaterThanOrEqual(30);
  expect(trend[0]?.coverage).toBeGreaterThan((trend.at(-1)?.coverage ?? 100) + 5);
});
