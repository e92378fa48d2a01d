import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import type { PullDetails } from "#codecov/coverage/model/pull.ts";
import { openCoverageStore } from "#codecov/coverage/store/coverage-store.ts";
import { Code } from "#kernel/errors.ts";
import { pull, repository, totals } from "../unit/coverage/sample-history.ts";
import { runProgram } from "./program.ts";

const HOUR = 3_600_000;
const ACME = { service: "github", owner: "acme", origin: "https://api.codecov.io" };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-coverage-report-"));
});
afterEach(() => rm(cwd, { recursive: true }));

/** A store as a sync leaves it: `web` with a trend, `api` below 80 %, `docs` without a report, and a pull request. */
async function writeStore(): Promise<void> {
  const now = Date.now();
  const today = dayOf(now);
  using store = await openCoverageStore(join(cwd, "coverage.db"), ACME);
  const listed = ["web", "api", "docs"].map((name) => ({ ...repository(name), updatedAt: now - 5 * HOUR }));
  const [web, api, docs] = listed;
  if (web === undefined || api === undefined || docs === undefined) throw new Error("unreachable");
  store.saveList({
    readAt: now - 2 * HOUR,
    repositories: [
      { ...web, state: "measured", totals: totals(880, 1_000) },
      { ...api, state: "measured", totals: totals(79_999, 100_000) },
      { ...docs, state: "no_report", reason: "no complete report yet", totals: null },
    ],
    missing: [],
    forgotten: [],
    notes: [],
  });
  const trend = [29, 15, 3, 0].map((ago) => ({ day: addDays(today, -ago), min: 88, max: 88, avg: 88 }));
  const commit = {
    sha: "0123456789abcdef0123456789abcdef01234567",
    branch: "main",
    committedAt: now - 5 * HOUR,
  };
  store.saveDetails(
    { name: "web", branch: "main", days: trend, daysFrom: addDays(today, -29), head: commit, newest: commit },
    now - 2 * HOUR,
  );
  const open = pull("web", 12, {
    head: totals(870, 1_000),
    base: totals(880, 1_000),
    patch: { hits: 3, misses: 1, partials: 0 },
  });
  store.saveOpenPulls("web", [open], now - 2 * HOUR);
  const details: PullDetails = {
    comparison: "processed",
    baseCommit: { sha: "1111111111111111111111111111111111111111", committedAt: now - 30 * HOUR },
    headCommit: null,
    files: [
      {
        path: "src/a.ts",
        base: null,
        head: { hits: 1, misses: 9, partials: 0 },
        patch: { hits: 1, misses: 3, partials: 0 },
      },
    ],
    untracked: [],
  };
  store.savePull(pull("web", 13, { head: totals(1, 2) }), details, now - HOUR);
}

const POLICY = "version: 1\ndefaults: {minimum: 80}\nrepositories:\n  - match: nothing-*\n    minimum: 90\n";

test("what a sync has stored is judged by the policy, without settings and without Codecov", async () => {
  await writeStore();
  await writeFile(join(cwd, "coverage.yaml"), POLICY);
  const { code, stdout, stderr } = await runProgram(["coverage", "report", "--format=json"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { format, organization, repositories, pulls, notes } = JSON.parse(stdout);
  expect(format).toBe(1);
  expect(organization).toMatchObject({
    service: "github",
    owner: "acme",
    coverage: 80.07,
    measured: 2,
    not_measured: 1,
  });
  expect(repositories).toMatchObject([
    { name: "api", coverage: 79.99, minimum: 80, below_minimum: true, trend: [], stale: null },
    { name: "docs", state: "no_report", coverage: null, below_minimum: null, totals: null },
    { name: "web", coverage: 88, below_minimum: false, declining: false, stale: false, delta_30d: 0 },
  ]);
  expect(repositories[2].trend).toHaveLength(4);
  expect(pulls).toMatchObject([
    { repository: "web", number: 12, delta: -1, patch: 75, base: null },
    { repository: "web", number: 13, coverage: 50, delta: null },
  ]);
  expect(notes.join()).toContain("nothing-*");
});

test("the form follows the name of the output file, unless one is asked for", async () => {
  await writeStore();
  const beginnings: Record<string, string> = {
    "coverage.html": "<!DOCTYPE html>",
    "coverage.csv": "\ufeffservice,owner,repository,",
    "coverage.JSON": "{",
    "coverage.prom": "# TYPE codecov_repository_coverage_ratio gauge",
    "coverage.txt": "Codecov coverage: acme on github",
  };
  for (const [name, beginning] of Object.entries(beginnings)) {
    const result = await runProgram(["coverage", "report", `--output=${name}`], { cwd });
    expect(result, name).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await readFile(join(cwd, name), "utf8")).startsWith(beginning), name).toBe(true);
    expect((await stat(join(cwd, name))).mode & 0o077).toBe(0);
  }
  await runProgram(["coverage", "report", "--output=coverage.html", "--format=csv"], { cwd });
  expect(await readFile(join(cwd, "coverage.html"), "utf8")).toMatch(/^\ufeffservice,/);
  expect(await readdir(cwd)).not.toContain("coverage.db.lock");
});

test("a report can be about one pull request, some repositories or some days", async () => {
  await writeStore();
  const read = async (...flags: string[]) => {
    const { stdout, stderr } = await runProgram(["coverage", "report", "--format=json", ...flags], { cwd });
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };
  const one = await read("--pull=13", "--repository=web");
  expect(one).toMatchObject({
    repositories: null,
    pulls: [{ number: 13, patch: null, files: [{ path: "src/a.ts" }], risk: { points: 15, coverage: 10 } }],
  });
  const some = await read("--repository=a*", "--days=7");
  expect(some.repositories.map(({ name }: { name: string }) => name)).toEqual(["api"]);
  expect(some.organization.repositories).toBe(3);
  expect((await read("--repository=web", "--days=7")).repositories[0].trend).toHaveLength(2);
  const sorted = await read("--sort=coverage");
  expect(sorted.repositories.map(({ name }: { name: string }) => name)).toEqual(["api", "web", "docs"]);
  const { stdout } = await runProgram(["coverage", "report", "--pull=13", "--repository=web"], { cwd });
  expect(stdout).toContain("web#13");
});

test("what is not there or makes no sense has its own exit code, and the old report stays", async () => {
  const run = async (...flags: string[]) =>
    (await runProgram(["coverage", "report", ...flags], { cwd })).code;
  await writeFile(join(cwd, "old.csv"), "old");
  expect(await run("--output=old.csv")).toBe(Code.NotFound);
  expect(await readFile(join(cwd, "old.csv"), "utf8")).toBe("old");
  await writeStore();
  expect(await run("--repository=unknown")).toBe(Code.NotFound);
  expect(await run("--repository=web", "--pull=99")).toBe(Code.NotFound);
  expect(await run("--pull=12")).toBe(Code.Unknown);
  expect(await run("--repository=web,api", "--pull=12")).toBe(Code.Unknown);
  expect(await run("--repository=web", "--pull=12", "--only=below")).toBe(Code.Unknown);
  expect(await run("--only=pulls", "--format=openmetrics")).toBe(Code.Unknown);
  expect(await run("--output=coverage.xml")).toBe(Code.Unknown);
  expect(await run("--output=coverage.db")).toBe(Code.Unknown);
  expect(await run("--policy=missing.yaml")).toBe(Code.Unknown);
  await writeFile(join(cwd, "other.db"), "not a database");
  expect(await run("--store=other.db")).toBe(Code.FailedPrecondition);
});
