import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../fakes/codecov/simulator.ts";
import { runProgram, startProgram } from "./program.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

interface Scene {
  readonly simulator: CodecovSimulator;
  readonly options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> };
  /** Runs a command of `coverage` and its flags, all in one line. */
  readonly run: (line: string, env?: Readonly<Record<string, string>>) => ReturnType<typeof runProgram>;
}

async function openScene(scene: CodecovSimulatorOptions = { coverage: { demo: true } }): Promise<Scene> {
  const simulator = await startCodecovSimulator(scene);
  onTestFinished(() => simulator.close());
  const cwd = await mkdtemp(join(tmpdir(), "baton-coverage-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    GITHUB_STEP_SUMMARY: "",
  };
  const run: Scene["run"] = (line, more = {}) =>
    runProgram(["coverage", ...line.split(" ")], { cwd, env: { ...env, ...more } });
  return { simulator, options: { cwd, env }, run };
}

interface Report {
  readonly notes: readonly string[];
  readonly repositories: readonly {
    readonly name: string;
    readonly trend: readonly { readonly day: string; readonly coverage: number }[];
  }[];
}

function parse(stdout: string): Report {
  return JSON.parse(stdout) as Report;
}

test("an upload that comes 12 days late corrects its day in the store", async () => {
  const { run, simulator } = await openScene();
  expect((await run("sync")).code).toBe(0);
  const [organization] = simulator.state.organizations();
  const web = organization?.repos.find(({ name }) => name === "web");
  const late = web?.commits
    .all()
    .filter(({ branch, state }) => branch === "main" && state === "complete")
    .find(({ at }) => Date.now() - at / 1_000 > 12 * DAY_MS);
  const day = new Date((late?.at ?? 0) / 1_000).toISOString().slice(0, 10);
  simulator.change({
    op: "upload",
    repo: "web",
    commitid: late?.commitid ?? "",
    counts: { hits: 10, misses: 90 },
  });
  expect((await run("sync")).code).toBe(0);

  const { repositories } = parse((await run("report --format json")).stdout);
  const trend = repositories.find(({ name }) => name === "web")?.trend ?? [];
  expect(trend.find((point) => point.day === day)).toEqual({ day, coverage: 10 });
  // The days around it are still there, once each.
  expect(trend).toHaveLength(30);
});

test("a report says that the last reading was interrupted, and what its list had to say", async () => {
  const { run, simulator, options } = await openScene();
  expect(parse((await run("sync").then(() => run("report --format json"))).stdout).notes).toHaveLength(1);
  for (const repo of ["web", "search", "docs", "gateway"]) {
    simulator.change({ op: "set-repo", repo, set: { deleted: true } });
  }
  simulator.change({ op: "upload", repo: "billing", counts: { hits: 1, misses: 1 } });
  simulator.faults.add({
    path: "/billing/coverage/",
    times: null,
    fault: { kind: "stall", processed: false },
  });
  const sync = startProgram(["coverage", "sync"], options);
  await expect
    .poll(async () => parse((await run("report --format json")).stdout).notes, { timeout: 20_000 })
    .toEqual([
      expect.stringMatching(/^4 of 12 repositories are missing/),
      expect.stringMatching(/^Codecov fails on 1 row/),
      expect.stringMatching(/still running or was interrupted/),
    ]);
  sync.process.kill("SIGKILL");
  await sync.result;
  expect(parse((await run("report --format json")).stdout).notes).toHaveLength(3);
});

test("a first sync that failed leaves no store that a check takes for the whole organization", async () => {
  const { run } = await openScene();
  expect((await run("sync", { BATON_CODECOV_API_TOKEN: "wrong" })).code).toBe(Code.Unauthenticated);
  expect(await run("check --repository web --minimum 80 --format json")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"source": "codecov"'),
  });
  const named = await run("check --repository web --minimum 80 --store coverage.db");
  expect(named.code).toBe(Code.NotFound);
  expect(named.stderr).toContain("holds no reading");
  expect((await run("check --minimum 80 --store coverage.db")).code).toBe(Code.NotFound);
});

test("an organization without a repository is told, and opens no gate", async () => {
  const { run } = await openScene({ coverage: { repositories: 0 } });
  const sync = await run("sync");
  expect(sync.code).toBe(0);
  expect(sync.stderr).toContain("sees no repository");
  expect(parse((await run("report --format json")).stdout)).toMatchObject({
    notes: [expect.stringContaining("sees no repository")],
    repositories: [],
  });
  expect((await run("check --minimum 80")).code).toBe(Code.NotFound);
  expect((await run("check --minimum 80 --if-unknown pass")).code).toBe(Code.NotFound);
});

test("a failure on a repository is told until that repository is read again", async () => {
  const { run, simulator } = await openScene({ coverage: { repositories: 6, openPulls: 0 } });
  simulator.faults.add({
    path: "/repo-0000[23]/coverage/",
    times: null,
    fault: { kind: "answer", status: 429, headers: { "retry-after": "99999" }, text: "", processed: false },
  });
  const failedNames = async () => {
    const [note = ""] = parse((await run("report --format json")).stdout).notes;
    return note.match(/repo-\d+/g) ?? [];
  };
  expect((await run("sync --repository repo-00002,repo-00003")).code).toBe(Code.Unavailable);
  simulator.faults.clear();
  expect(await failedNames()).toEqual(["repo-00002", "repo-00003"]);
  expect((await run("sync --details none")).code).toBe(0);
  expect(await failedNames()).toEqual(["repo-00002", "repo-00003"]);
  expect((await run("sync --repository repo-00002")).code).toBe(0);
  expect(await failedNames()).toEqual(["repo-00003"]);
  expect((await run("sync")).code).toBe(0);
  expect(await failedNames()).toEqual([]);
});

test("a report is never that of another organization than the settings name", async () => {
  const { run } = await openScene();
  expect((await run("sync")).code).toBe(0);
  const other = await run("report", { BATON_CODECOV_OWNER: "initech" });
  expect(other).toMatchObject({ code: Code.FailedPrecondition, stdout: "" });
  expect(other.stderr).toContain("initech");
  // Without these settings the store says whose it is.
  const none = { BATON_CODECOV_OWNER: "", BATON_CODECOV_SERVICE: "" };
  expect(await run("report", none)).toMatchObject({ code: 0 });
});

test("a check names what the policy leaves out, and what the list no longer shows", async () => {
  const { run, simulator, options } = await openScene();
  expect((await run("sync")).code).toBe(0);
  simulator.change({ op: "set-repo", repo: "web", set: { deleted: true } });
  expect((await run("sync")).code).toBe(0);
  const policy = "version: 1\nrepositories:\n  - match: payments-*\n    ignore: true\n";
  await writeFile(join(options.cwd, "coverage.yaml"), policy);

  const { code, stdout } = await run("check --repository web,payments-api --minimum 80");
  expect(code).toBe(0);
  expect(stdout).toMatch(/no longer on Codecov's list.*: web$/m);
  expect(stdout).toMatch(/left out by the policy: payments-api$/m);
});
