import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { patchCounts } from "../fakes/codecov/coverage/patch.ts";
import type { Repository, StoredCommit, StoredPull, StoredTotals } from "../fakes/codecov/coverage/stored.ts";
import { type CodecovSimulatorOptions, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { DEMO_STATES } from "./demo-states.ts";
import { runProgram } from "./program.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MINIMUM = 80;

/** A report in two forms after a sync from a simulated Codecov, and what that stores. */
async function syncAndReport(options: CodecovSimulatorOptions) {
  await using simulator = await startCodecovSimulator(options);
  const cwd = await mkdtemp(join(tmpdir(), "baton-coverage-numbers-"));
  onTestFinished(() => rm(cwd, { recursive: true }));
  await writeFile(join(cwd, "coverage.yaml"), `version: 1\ndefaults: {minimum: ${MINIMUM}}\n`);
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const began = Date.now();
  expect(await runProgram(["coverage", "sync"], { cwd, env })).toMatchObject({ code: 0 });
  await simulator.close();
  const print = async (format: string) => {
    const { code, stdout } = await runProgram(["coverage", "report", `--format=${format}`], { cwd });
    expect(code).toBe(0);
    return stdout;
  };
  const [organization] = simulator.state.organizations();
  if (organization === undefined) throw new Error("the simulator has no organization");
  const repos = organization.repos.filter(({ name }) => name !== "secret-lab");
  const [json, csv, metrics, table] = [
    await print("json"),
    await print("csv"),
    await print("openmetrics"),
    await print("table"),
  ];
  return {
    report: JSON.parse(json),
    csv,
    metrics,
    table,
    repos,
    began,
    nameOf: (id: number) => simulator.state.owner(id)?.username,
  };
}

const totalsOf = (commit: StoredCommit | undefined): StoredTotals | null =>
  commit !== undefined && typeof commit.totals === "object" && !Array.isArray(commit.totals)
    ? (commit.totals as StoredTotals | null)
    : null;

/** The commit that the list shows: the newest complete one of the default branch that is an hour old. */
function listedCommit({ commits, branch }: Repository, now: number): StoredCommit | undefined {
  return commits
    .all()
    .filter(
      (commit) => commit.branch === branch && commit.state === "complete" && commit.at / 1_000 <= now - HOUR,
    )
    .toSorted((a, b) => b.at - a.at)[0];
}

/** Rounded down on whole numbers. */
const percent = (hits: number, lines: number) => Number((BigInt(hits) * 10_000n) / BigInt(lines)) / 100;

/** Hundred-thousandths of a percent, of which a stored text has whole ones. */
const unitsOf = (text: string) => Math.round(Number(text) * 100_000);

function expectedTrend({ commits, branch }: Repository, now: number): Map<string, number> {
  const first = new Date(now - 29 * DAY).toISOString().slice(0, 10);
  const byDay = new Map<string, number>();
  for (const commit of commits.all()) {
    const coverage = totalsOf(commit)?.c;
    const day = new Date(commit.at / 1_000).toISOString().slice(0, 10);
    if (commit.branch !== branch || coverage === null || coverage === undefined || day < first) continue;
    // Each day of these organizations has one commit, so that its mean is that commit's value.
    expect(byDay.has(day)).toBe(false);
    byDay.set(day, unitsOf(coverage));
  }
  return byDay;
}

function expectedRepository(repo: Repository, now: number) {
  const commit = listedCommit(repo, now);
  const totals = totalsOf(commit);
  const trend = [...expectedTrend(repo, now)].toSorted(([a], [b]) => a.localeCompare(b));
  const common = { private: repo.private, branch: repo.branch, language: repo.language };
  if (totals === null || totals.n === 0 || repo.active !== true) {
    return { ...common, coverage: null, totals: null, below_minimum: null, declining: null, stale: null };
  }
  const { f: files, n: lines, h: hits, m: misses, p: partials, b: branches, s: sessions } = totals;
  const at = (commit?.at ?? 0) / 1_000;
  const [first, last] = [trend[0]?.[1] ?? 0, trend.at(-1)?.[1] ?? 0];
  return {
    ...common,
    state: "measured",
    reason: null,
    coverage: percent(hits, lines),
    totals: { files, lines, hits, misses, partials, branches, sessions },
    reported_at: new Date(at).toISOString().replace(".000Z", "Z"),
    commit: commit?.commitid,
    minimum: MINIMUM,
    below_minimum: hits * 100 < MINIMUM * lines,
    trend: trend.map(([day, units]) => ({ day, coverage: Math.floor(units / 1_000) / 100 })),
    stale: now - at > 14 * DAY,
    ...(trend.length === 30 ? { delta_30d: Math.floor((last - first) / 1_000) / 100 } : {}),
    url: expect.stringMatching(new RegExp(`/gh/acme/${repo.name}$`)),
  };
}

function expectedPull(repo: Repository, pull: StoredPull) {
  const find = (sha: string | null) => totalsOf(repo.commits.all().find(({ commitid }) => commitid === sha));
  const [head, base] = [find(pull.head), find(pull.compared_to)];
  const comparison = repo.comparisons.find(
    (one) => one.base === pull.compared_to && one.head === pull.head && one.state === "processed",
  );
  const counts = comparison?.result?.files.map(patchCounts) ?? [];
  const sum = (key: "hits" | "misses" | "partials") => counts.reduce((total, one) => total + one[key], 0);
  const lines = sum("hits") + sum("misses") + sum("partials");
  // A difference of fractions, rounded down: BigInt division rounds toward zero.
  const scaled =
    head === null || base === null
      ? null
      : {
          n: (BigInt(head.h) * BigInt(base.n) - BigInt(base.h) * BigInt(head.n)) * 10_000n,
          d: BigInt(head.n) * BigInt(base.n),
        };
  const down =
    scaled === null ? 0n : scaled.n / scaled.d - (scaled.n < 0n && scaled.n % scaled.d !== 0n ? 1n : 0n);
  return {
    repository: repo.name,
    number: pull.pullid,
    title: pull.title,
    state: "open",
    coverage: head === null ? null : percent(head.h, head.n),
    delta: scaled === null ? null : Number(down) / 100,
    patch: comparison === undefined || lines === 0 ? null : percent(sum("hits"), lines),
    patch_lines: comparison === undefined ? null : lines,
  };
}

test.each<[string, CodecovSimulatorOptions]>([
  ["the organization of the demo, in every state", { coverage: { demo: true } }],
  ["generated repositories", { coverage: { repositories: 25, days: 45, openPulls: 2, privateEvery: 5 } }],
])("every number of the report is what Codecov stores: %s", { timeout: 60_000 }, async (_, options) => {
  const { report, csv, metrics, table, repos, began, nameOf } = await syncAndReport(options);
  const rows = new Map<string, Record<string, unknown>>(
    report.repositories.map((row: { name: string }) => [row.name, row]),
  );
  const readable = repos.filter(({ name }) => name !== "ledger-archive");
  expect([...rows.keys()].filter((name) => !name.startsWith("(unreadable"))).toEqual(
    readable.map(({ name }) => name).toSorted(),
  );
  for (const repo of readable)
    expect(rows.get(repo.name), repo.name).toMatchObject(expectedRepository(repo, began));

  const open = readable.flatMap((repo) =>
    repo.pulls
      .filter(({ state }) => state === "open")
      .map((pull) => ({
        ...expectedPull(repo, pull),
        author: pull.author === null ? null : nameOf(pull.author),
      })),
  );
  expect(report.pulls).toHaveLength(open.length);
  expect(report.pulls).toEqual(expect.arrayContaining(open.map((pull) => expect.objectContaining(pull))));
  const deltas = report.pulls.map(({ delta }: { delta: number | null }) => delta ?? Number.POSITIVE_INFINITY);
  expect(deltas).toEqual(deltas.toSorted((a: number, b: number) => a - b));

  const measured = readable.map((repo) => ({ repo, totals: totalsOf(listedCommit(repo, began)) }));
  const counted = measured.flatMap(({ repo, totals }) =>
    repo.active === true && totals !== null && totals.n > 0 ? [{ name: repo.name, ...totals }] : [],
  );
  const sum = (key: "n" | "h" | "m" | "p") => counted.reduce((total, one) => total + one[key], 0);
  expect(report.organization).toMatchObject({
    service: "github",
    owner: "acme",
    coverage: percent(sum("h"), sum("n")),
    totals: { lines: sum("n"), hits: sum("h"), misses: sum("m"), partials: sum("p") },
    measured: counted.length,
    not_measured: rows.size - counted.length,
  });

  // The other forms have the same numbers.
  const ratios = new Map(
    [...metrics.matchAll(/^codecov_repository_coverage_ratio\{.*repository="(.*)"\} (.*)$/gm)].map(
      (match) => [match[1], Number(match[2])],
    ),
  );
  expect(ratios).toEqual(new Map(counted.map(({ name, h, n }) => [name, h / n])));
  const [header = "", ...lines] = csv.trimEnd().split("\r\n");
  const column = (title: string) => header.split(",").indexOf(title);
  for (const line of lines) {
    const cells = line.split(",");
    const row = rows.get(cells[column("repository")] ?? "");
    if (row === undefined) throw new Error(line);
    expect(cells[column("state")]).toBe(row["state"]);
    // A reason can hold commas; it stands before the numbers.
    if (row["coverage"] !== null) expect(cells[column("coverage")]).toBe(JSON.stringify(row["coverage"]));
  }
  for (const { name, h, n } of counted)
    expect(table).toMatch(new RegExp(`^ *${name} +${percent(h, n).toFixed(2)} %`, "m"));
});

test("every state of the demo has its name and its reason, and none of them a number that is not there", async () => {
  const { report } = await syncAndReport({ coverage: { demo: true } });
  const rows: readonly { name: string; state: string; reason: string | null; [key: string]: unknown }[] =
    report.repositories;
  expect(Object.fromEntries(rows.map(({ name, state }) => [name, state]))).toEqual(DEMO_STATES);
  for (const row of rows) {
    expect(row.reason === null).toBe(row.state === "measured");
    if (row.state !== "measured")
      expect(row).toMatchObject({
        coverage: null,
        totals: null,
        below_minimum: null,
        declining: null,
        stale: null,
      });
  }
  const named = (key: string) => rows.filter((row) => row[key] === true).map(({ name }) => name);
  expect(named("below_minimum")).toEqual(["billing", "mobile-app", "search"]);
  expect(named("declining")).toEqual(["mobile-app"]);
  expect(named("stale")).toEqual(["search"]);
  expect(rows.find(({ name }) => name === "search")).toMatchObject({
    declining: null,
    other_branch: "develop",
  });
  expect(rows.find(({ name }) => name === "gateway")).toMatchObject({ other_branch: "master" });
  expect(report.organization.not_measured_by_state).toEqual({
    no_report: 3,
    not_active: 2,
    no_access: 0,
    unreadable: 1,
    gone: 0,
    pending: 0,
  });
});
