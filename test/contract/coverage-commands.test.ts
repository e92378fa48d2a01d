import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import type { StoredRepository } from "#codecov/coverage/model/repository.ts";
import { openHistory } from "#codecov/coverage/store/coverage-history.ts";
import { Code } from "#kernel/errors.ts";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../fakes/codecov/simulator.ts";
import { CODECOV, runProgram, startProgram } from "./program.ts";
import { hasTerminal, startAtTerminal } from "./terminal.ts";

const BROKEN = 1;

interface Scene {
  readonly simulator: CodecovSimulator;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command of `coverage` and its flags, all in one line. */
  readonly run: (line: string, env?: Readonly<Record<string, string>>) => ReturnType<typeof runProgram>;
  /** The repositories in the store by name. */
  readonly stored: () => Map<string, StoredRepository>;
}

async function openScene(
  options: CodecovSimulatorOptions = { coverage: { demo: true } },
  token = "admin-token",
): Promise<Scene> {
  const simulator = await startCodecovSimulator(options);
  onTestFinished(() => simulator.close());
  const directory = await mkdtemp(join(tmpdir(), "baton-coverage-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens[token] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  return {
    simulator,
    directory,
    env,
    run: (line, more = {}) =>
      runProgram(["coverage", ...line.split(" ").filter((word) => word !== "")], {
        cwd: directory,
        env: { ...env, GITHUB_STEP_SUMMARY: "", ...more },
      }),
    stored() {
      using history = openHistory(join(directory, "coverage.db"));
      const all = [...history.repositories({ sinceDay: "2000-01-01" })];
      return new Map(all.map((repository) => [repository.name, repository]));
    },
  };
}

const GENERATED = { repositories: 12, days: 40, openPulls: 1, privateEvery: 4 } as const;

describe("coverage sync", () => {
  test("stores what Codecov has and tells it in one line of the log", async () => {
    const { run, stored, directory, simulator } = await openScene();
    const { code, stdout, stderr } = await run("sync");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const summary = stderr.split("\n").find((line) => line.includes('"Coverage summary."')) ?? "{}";
    expect(JSON.parse(summary)).toMatchObject({
      repositories: stored().size,
      measured: [...stored().values()].filter((repository) => repository?.state === "measured").length,
      below_minimum: null,
      requests: simulator.requests.length,
      store: "coverage.db",
    });
    expect(stored().get("web")).toMatchObject({ state: "measured", branch: "main" });
    expect(stored().get("web")?.trend.length).toBeGreaterThan(20);
    expect(await readdir(directory)).toEqual(["coverage.db"]);
    expect((await stat(join(directory, "coverage.db"))).mode & 0o077).toBe(0);
  });

  test("reads nothing twice", async () => {
    const { run, simulator } = await openScene({ coverage: GENERATED });
    expect((await run("sync")).code).toBe(0);
    expect(simulator.requests.length).toBeGreaterThan(30);
    simulator.clearRequests();
    expect((await run("sync")).code).toBe(0);
    expect(simulator.requests.length).toBeLessThanOrEqual(5);
  });

  test("--details none reads the list alone, --details public nothing private", async () => {
    const { run, stored, simulator } = await openScene({ coverage: GENERATED });
    expect((await run("sync --details none")).code).toBe(0);
    expect(simulator.requests).toHaveLength(1);
    expect(stored().get("repo-00001")).toMatchObject({ state: "measured", detailsReadAt: null, trend: [] });
    expect((await run("sync --details=public")).code).toBe(0);
    expect(stored().get("repo-00001")?.detailsReadAt).toBeTypeOf("number");
    expect(stored().get("repo-00004")).toMatchObject({ private: true, detailsReadAt: null });
    expect(simulator.requests.filter(({ path }) => path.includes("repo-00004/"))).toEqual([]);
  });

  test("--codecov-allow-seat reads private repositories for a token without a seat, which otherwise takes none", async () => {
    const { run, stored, simulator } = await openScene({ coverage: GENERATED }, "unseated-token");
    const { code, stderr } = await run("sync");
    expect(code).toBe(0);
    expect(stderr).toContain("--codecov-allow-seat");
    expect(simulator.effects.seats_added).toBeUndefined();
    expect(stored().get("repo-00004")).toMatchObject({ state: "measured", details: "no_access" });
    expect((await run("sync --codecov-allow-seat")).code).toBe(0);
    expect(simulator.effects.seats_added).toHaveLength(1);
    expect(stored().get("repo-00004")?.detailsReadAt).toBeTypeOf("number");
  });

  test("--days says how far trends go back, --repository which are read, --store where they are kept", async () => {
    const { run, directory } = await openScene({ coverage: GENERATED });
    expect((await run("sync --days 5 --repository repo-00001,repo-0000[2 --store a.db")).code).toBe(
      Code.NotFound,
    );
    expect((await run("sync --days 5 --repository repo-00001,*2 --store b.db")).code).toBe(0);
    expect(await readdir(directory)).toEqual(["a.db", "b.db"]);
    using history = openHistory(join(directory, "b.db"));
    const all = [...history.repositories({ sinceDay: "2000-01-01" })];
    const read = all.filter(({ detailsReadAt }) => detailsReadAt !== null);
    expect(read.map(({ name }) => name)).toEqual(["repo-00001", "repo-00002", "repo-00012"]);
    for (const { trend } of read) expect(trend.length).toBeLessThanOrEqual(7);
  });

  test("--policy counts what is below its minimum", async () => {
    const { run, stored, directory } = await openScene();
    await writeFile(join(directory, "rules.yaml"), "version: 1\ndefaults: {minimum: 100}\n");
    const { stderr } = await run("sync --policy rules.yaml");
    const measured = [...stored().values()].filter((repository) => repository?.state === "measured").length;
    expect(stderr).toContain(`"below_minimum":${measured}`);
    expect((await run("sync --policy missing.yaml")).code).toBe(Code.Unknown);
  });

  test("--pull stores one pull request with its files, of a repository that was not read before, too", async () => {
    const { run, directory } = await openScene();
    expect((await run("sync --repository web --pull 101")).code).toBe(0);
    using history = openHistory(join(directory, "coverage.db"));
    expect(history.pull("web", 101)).toMatchObject({ state: "open", title: "Log in with a passkey" });
    expect(history.pull("web", 101)?.detailsReadAt).toBeTypeOf("number");
    expect((await run("sync --repository web --pull 999")).code).toBe(Code.NotFound);
    expect((await run("sync --repository nobody --pull 1")).code).toBe(Code.NotFound);
    expect((await run("sync --repository web,api --pull 1")).code).toBe(Code.Unknown);
    expect((await run("sync --pull 1")).code).toBe(Code.Unknown);
    expect((await run("sync --compute --repository web")).code).toBe(Code.Unknown);
  });

  test("a failure that can pass ends it with 14 and the names, and everything else is stored", async () => {
    const { run, stored, simulator } = await openScene({ coverage: { ...GENERATED, privateEvery: 0 } });
    simulator.faults.add({ path: "/repos/repo-00007/", times: null, fault: { kind: "answer", status: 503 } });
    const { code, stderr } = await run("sync");
    expect(code).toBe(Code.Unavailable);
    expect(stderr).toContain("repo-00007");
    expect(stored().size).toBe(12);
    expect(stored().get("repo-00001")?.detailsReadAt).toBeTypeOf("number");
    expect(stored().get("repo-00007")).toMatchObject({ state: "measured", detailsReadAt: null });
    simulator.faults.clear();
    expect((await run("sync")).code).toBe(0);
    expect(stored().get("repo-00007")?.detailsReadAt).toBeTypeOf("number");
  }, 120_000);

  test("repositories that vanish all at once are kept with 14, until --accept-gone says that they are gone", async () => {
    const { run, stored, simulator } = await openScene({ coverage: { ...GENERATED, privateEvery: 0 } });
    await run("sync --details none");
    for (let index = 1; index <= 6; index += 1) {
      simulator.change({ op: "set-repo", repo: `repo-0000${index}`, set: { deleted: true } });
    }
    const { code, stderr } = await run("sync --details none");
    expect(code).toBe(Code.Unavailable);
    expect(stderr).toContain("--accept-gone");
    expect(stored().get("repo-00001")).toMatchObject({ state: "measured" });
    expect((await run("sync --details none --accept-gone")).code).toBe(0);
    expect(stored().get("repo-00001")).toMatchObject({ state: "gone", totals: null });
  });

  test("a store of another owner is refused untouched", async () => {
    const { run, directory } = await openScene();
    await run("sync --details none");
    const before = await readFile(join(directory, "coverage.db"));
    const { code } = await run("sync", { BATON_CODECOV_OWNER: "globex" });
    expect(code).toBe(Code.FailedPrecondition);
    expect(Buffer.compare(await readFile(join(directory, "coverage.db")), before)).toBe(0);
  });

  test("a second one at the same time is refused, and the first comes to its end", async () => {
    const { directory, env, run, simulator, stored } = await openScene({
      coverage: { ...GENERATED, repositories: 60 },
      latencyMs: 60,
    });
    const first = startProgram(["coverage", "sync"], { cwd: directory, env });
    await expect.poll(() => simulator.requests.length, { timeout: 20_000 }).toBeGreaterThan(5);
    expect((await run("sync")).code).toBe(Code.FailedPrecondition);
    // A reader is let in.
    expect((await run("check --repository repo-00001 --minimum 0")).code).toBe(0);
    expect((await first.result).code).toBe(0);
    expect([...stored().values()].every((repository) => repository?.detailsReadAt !== null)).toBe(true);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends it in good order, and the next one continues", async (signal, exitCode) => {
    const { directory, env, run, simulator, stored } = await openScene({
      coverage: { ...GENERATED, repositories: 60, privateEvery: 0 },
      latencyMs: 60,
    });
    const running = startProgram(["coverage", "sync"], { cwd: directory, env });
    await expect.poll(() => simulator.requests.length, { timeout: 20_000 }).toBeGreaterThan(40);
    running.process.kill(signal);
    expect((await running.result).code).toBe(exitCode);
    expect(await readdir(directory)).toEqual(["coverage.db"]);
    const done = [...stored().values()].filter((repository) => repository?.detailsReadAt !== null).length;
    expect(done).toBeGreaterThan(0);
    simulator.clearRequests();
    simulator.setLatency(0);
    expect((await run("sync")).code).toBe(0);
    expect(simulator.requests.length).toBeLessThan(1 + 2 + (60 - done + 8) * 3);
  });

  test.skipIf(process.platform === "win32")(
    "a full disk is ResourceExhausted, and the store stays good",
    async () => {
      const { directory, env, run, stored } = await openScene({
        coverage: { ...GENERATED, repositories: 300 },
      });
      await run("sync --details none");
      const { code, stderr } = await startProgram(["coverage", "sync"], {
        cwd: directory,
        env,
        within: ["bash", "-c", 'ulimit -f 200 && exec "$@"', "bash"],
      }).result;
      expect({ code, stderr }).toMatchObject({ code: Code.ResourceExhausted });
      expect(stderr).toContain("no space left");
      expect(stored().size).toBe(300);
      expect((await run("sync")).code).toBe(0);
    },
  );
});

describe.runIf(hasTerminal)("at a terminal", () => {
  test("coverage sync shows repositories done and left, and a summary at the end", async () => {
    const { directory, env, stored } = await openScene({ coverage: GENERATED, latencyMs: 40 });
    await writeFile(join(directory, "coverage.yaml"), "version: 1\ndefaults: {minimum: 100}\n");
    const { process: terminal, result } = startAtTerminal(
      `'${process.execPath}' '${CODECOV}' coverage sync; echo done`,
      { cwd: directory, env: { ...process.env, ...env } },
    );
    let shown = "";
    terminal.stdout?.on("data", (text: Buffer) => {
      shown += text.toString();
    });
    const lines = (await result).lines.map((line) => line.trim()).filter((line) => line !== "");
    // The line that is gone in the end.
    expect(shown).toMatch(/reading the list of repositories; 0 requests/);
    expect(shown).toMatch(/12 repositories: \d+ done, \d+ left; \d+ requests, \d\.\d s/);
    expect(lines).toEqual([
      "repositories   12",
      "measured       12",
      "below minimum  12",
      expect.stringMatching(/^requests {7}\d+$/),
      expect.stringMatching(/^duration {7}\d+\.\d s$/),
      "store          coverage.db",
      "done",
    ]);
    expect(stored().size).toBe(12);
  });
});

describe("coverage check", () => {
  interface Result {
    readonly repository: string;
    readonly rule: string;
    readonly verdict: string;
    readonly value: number | null;
    readonly base: string | null;
  }
  const results = (stdout: string) => (JSON.parse(stdout) as { results: Result[] }).results;

  test("exits with 0, 1 or 11, and says the same in text and JSON", async () => {
    const { run, simulator } = await openScene();
    await run("sync");
    simulator.clearRequests();
    expect((await run("check --repository billing --minimum 1")).code).toBe(0);
    const broken = await run("check --repository billing --minimum 100");
    expect(broken.code).toBe(BROKEN);
    expect(broken.stdout).toMatch(
      /^fail {5}billing {2}minimum \d+\.\d\d % \(limit 100 %\): .*commit [0-9a-f]{10}/,
    );
    expect(broken.stdout).toMatch(/https?:\/\/\S+\/gh\/acme\/billing/);
    expect((await run("check --repository docs --minimum 1")).code).toBe(11);
    expect((await run("check --repository docs,billing --minimum 100")).code).toBe(BROKEN);
    const json = await run("check --repository docs,billing --minimum 1 --format json");
    expect(json.code).toBe(11);
    expect(JSON.parse(json.stdout)).toMatchObject({
      format: 1,
      verdict: "unknown",
      exit_code: 11,
      source: "store",
    });
    expect(results(json.stdout)).toMatchObject([
      { repository: "docs", rule: "minimum", verdict: "unknown" },
      { repository: "billing", rule: "minimum", verdict: "pass" },
    ]);
    expect(simulator.requests).toEqual([]);
  });

  test("--if-unknown decides what an unknown comes to", async () => {
    const { run } = await openScene();
    await run("sync --details none");
    const check = async (choice: string) =>
      (await run(`check --repository docs --minimum 1 --if-unknown ${choice}`)).code;
    expect([await check("pass"), await check("fail"), await check("unknown")]).toEqual([0, BROKEN, 11]);
  });

  test("what the store has read longer ago than --max-age is unknown", async () => {
    const { run, directory } = await openScene();
    await run("sync --details none");
    {
      using db = new DatabaseSync(join(directory, "coverage.db"));
      db.exec("UPDATE repository SET read_at = read_at - 3600000 * 30");
    }
    const old = await run("check --repository billing --minimum 1");
    expect([old.code, old.stdout]).toEqual([11, expect.stringContaining("30h ago")]);
    expect((await run("check --repository billing --minimum 1 --max-age 2d")).code).toBe(0);
  });

  test("without a store it asks Codecov, for the list alone if a minimum is all that counts", async () => {
    const { run, simulator, directory } = await openScene();
    const { code, stdout } = await run("check --repository billing --minimum 1 --format=json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ source: "codecov" });
    expect(simulator.requests.every(({ path }) => path.includes("/repos/?"))).toBe(true);
    expect(await readdir(directory)).toEqual([]);
    expect((await run("check --repository billing --max-drop 100")).code).toBe(0);
    expect(simulator.requests.some(({ path }) => path.includes("/billing/coverage/"))).toBe(true);
    expect(simulator.requests.some(({ path }) => path.includes("/web/"))).toBe(false);
  });

  test("a store that was named has to be there, and needs no token", async () => {
    const { run } = await openScene();
    expect((await run("check --minimum 1 --store other.db")).code).toBe(Code.NotFound);
    await run("sync --store other.db");
    const nothing = { BATON_CODECOV_API_TOKEN: "", BATON_CODECOV_SERVICE: "", BATON_CODECOV_OWNER: "" };
    expect((await run("check --minimum 1 --store other.db --repository web", nothing)).code).toBe(0);
    const other = await run("check --minimum 1 --store other.db", { BATON_CODECOV_OWNER: "globex" });
    expect(other.code).toBe(Code.FailedPrecondition);
  });

  test.each([
    ["check", "no rule"],
    ["check --minimum 101", "--minimum"],
    ["check --minimum 1e1", "--minimum"],
    ["check --minimum=", "--minimum"],
    ["check --patch-minimum 1", "--pull"],
    ["check --minimum 1 --wait soon", "--wait"],
    ["check --minimum 1 --base xyz --pull 1 --repository web", "--base"],
    ["check --minimum 1 --format table", "--format"],
  ])("%s is a usage error", async (line, named) => {
    const { run } = await openScene({ coverage: { demo: true } });
    const { code, stderr } = await run(line);
    expect([code, stderr]).toEqual([Code.Unknown, expect.stringContaining(named)]);
  });

  test("a repository that nobody knows is NotFound", async () => {
    const { run } = await openScene();
    expect((await run("check --minimum 1 --repository nobody")).code).toBe(Code.NotFound);
    await run("sync --details none");
    expect((await run("check --minimum 1 --repository nobody")).code).toBe(Code.NotFound);
    expect((await run("check --minimum 1 --repository nobody-*")).code).toBe(Code.NotFound);
  });

  test("the policy rules by pattern, --explain says which, and flags go before it", async () => {
    const { run, directory } = await openScene();
    await run("sync");
    const policy = [
      "version: 1",
      "defaults: {minimum: 1}",
      "repositories:",
      "  - {match: bill*, minimum: 100}",
      "  - {match: docs, ignore: true}",
      "  - {match: nothing-*, minimum: 2}",
    ];
    await writeFile(join(directory, "coverage.yaml"), policy.join("\n"));
    const { code, stdout } = await run("check --repository billing,docs,web --explain");
    expect(code).toBe(BROKEN);
    expect(stdout).toMatch(/^billing: .*"bill\*" in line 4/m);
    expect(stdout).toMatch(/^fail {5}billing {2}minimum/m);
    expect(stdout).toMatch(/^pass {5}web {2}minimum/m);
    expect(stdout).not.toMatch(/^\w+ +docs {2}minimum/m);
    expect((await run("check --repository billing,docs --minimum 1")).code).toBe(0);
    const checked = await run("policy");
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('"nothing-*" matches no')]);
    const schema = await run("policy --schema");
    expect(Object.keys(JSON.parse(schema.stdout).properties)).toContain("repositories");
    await writeFile(join(directory, "broken.yaml"), "version: 1\nminimun: 3\n");
    expect((await run("policy --policy broken.yaml")).code).toBe(Code.Unknown);
  });

  test("appends a table to the step summary in which no name is markup", async () => {
    const { run, directory } = await openScene();
    await run("sync --details none");
    const summary = join(directory, "summary.md");
    await writeFile(summary, "before\n");
    await run("check --repository billing --minimum 100", { GITHUB_STEP_SUMMARY: summary });
    const text = await readFile(summary, "utf8");
    expect(text).toMatch(/^before\n### Coverage\n\n\| Result \|/);
    expect(text).toMatch(/^\| fail \| \[billing\]\(http\S+\) \| minimum \| \d+\.\d\d % \| 100 % \|/m);
    const unwritable = await run("check --repository billing --minimum 1", {
      GITHUB_STEP_SUMMARY: directory,
    });
    expect([unwritable.code, unwritable.stderr]).toEqual([0, expect.stringContaining("step summary")]);
  });

  test("a pull request is always read from Codecov, with its base", async () => {
    const { run, simulator } = await openScene();
    await run("sync");
    simulator.clearRequests();
    const line = "check --repository web --pull 101 --wait 0 --format json";
    const { code, stdout } = await run(`${line} --patch-minimum 90 --max-drop 0.1`);
    expect(simulator.requests.length).toBeGreaterThan(0);
    const [drop, patch] = results(stdout);
    expect([code, drop, patch]).toMatchObject([
      BROKEN,
      {
        rule: "max_drop",
        base: expect.stringMatching(/^[0-9a-f]{40}$/),
        base_committed_at: expect.any(String),
      },
      { rule: "patch_minimum", verdict: "fail" },
    ]);
    const exactly = `--patch-minimum ${patch?.value}`;
    expect((await run(`${line} ${exactly}`)).code).toBe(0);
    expect((await run(`${line} ${exactly} --base ${drop?.base?.slice(0, 7)}`)).code).toBe(0);
    expect((await run(`${line} ${exactly} --base ${"0".repeat(40)}`)).code).toBe(11);
    expect((await run("check --repository web --pull 9999 --minimum 1")).code).toBe(Code.NotFound);
    // A comparison asks the git provider, and nothing else happens.
    expect(Object.keys(simulator.effects)).toEqual(["provider_requests"]);
  });
});

test("coverage alone reads and shows, also what a failure left", async () => {
  const { run, simulator, directory, stored } = await openScene({
    coverage: { ...GENERATED, privateEvery: 0 },
  });
  const shown = await run("");
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining("repo-00012")]);
  expect((await run("--output page.html --details none --only pulls --sort name")).code).toBe(0);
  expect(await readdir(directory)).toEqual(["coverage.db", "page.html"]);
  await rm(join(directory, "coverage.db"));
  simulator.faults.add({ path: "/repos/repo-00007/", times: null, fault: { kind: "answer", status: 503 } });
  const failed = await run("");
  expect([failed.code, failed.stdout]).toEqual([Code.Unavailable, expect.stringContaining("repo-00007")]);
  expect(stored().size).toBe(12);
}, 60_000);

test("coverage --help lists what there is, and a typo is answered", async () => {
  const { stdout, code } = await runProgram(["coverage", "--help"]);
  expect(code).toBe(0);
  for (const name of ["sync", "report", "check", "policy"])
    expect(stdout).toMatch(new RegExp(`^ {2}coverage ${name} `, "m"));
  const wrong = await runProgram(["coverage", "snyc"]);
  expect([wrong.code, wrong.stderr]).toEqual([Code.Unknown, expect.stringContaining("coverage sync?")]);
  const other = await runProgram(["help", "coverage", "check"]);
  expect(other.stdout).toContain("--if-unknown");
});
