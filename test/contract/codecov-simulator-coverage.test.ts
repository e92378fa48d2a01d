import { describe, expect, it, test } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { callSimulator } from "./simulator-client.ts";

const NOW = "2026-03-04T12:00:00Z";
const REPOS = "/github/acme/repos/";

interface RepoRow {
  readonly name: string;
  readonly private: boolean;
  readonly active: boolean | null;
  readonly updatestamp: string | null;
  readonly totals: { readonly lines: number; readonly coverage: number | null } | null;
}

interface Page<T> {
  readonly count: number;
  readonly results: readonly T[];
}

async function listRepos(
  simulator: CodecovSimulator,
  query = "",
  token = "admin-token",
): Promise<readonly RepoRow[]> {
  const path = `${REPOS}?page_size=2000${query}`;
  const { status, body } = await callSimulator<Page<RepoRow>>(simulator, path, { token });
  expect(status).toBe(200);
  return body.results;
}

async function readRow(simulator: CodecovSimulator, name: string): Promise<RepoRow | undefined> {
  return (await listRepos(simulator, `&names=${name}`))[0];
}

describe("the demo organization", () => {
  const start = async (): Promise<CodecovSimulator> =>
    await startCodecovSimulator({ generated: { members: 10 }, coverage: { demo: true }, now: NOW });

  it("lists twelve repositories, of which one makes the page fail", async () => {
    await using simulator = await start();
    const whole = await callSimulator(simulator, REPOS);
    expect(whole.status).toBe(500);
    simulator.change({ op: "set-repo", repo: "ledger-archive", set: { deleted: true } });
    const rows = (await listRepos(simulator)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(rows.map(({ name, active, totals }) => [name, active, totals?.coverage ?? null])).toEqual([
      ["billing", true, 52.43],
      ["design-tokens", true, null],
      ["docs", null, null],
      ["gateway", true, null],
      ["infrastructure", false, 40],
      ["mobile-app", true, 79],
      ["payments-api", true, 91.33],
      ["recommender", true, null],
      ["search", true, 79.03],
      ["vault", true, 95.05],
      ["web", true, 86.17],
    ]);
  });

  it("shows a day of the trend for each of 45 days, whatever the date", async () => {
    await using simulator = await start();
    const path = `${REPOS}mobile-app/coverage/?interval=1d&page_size=100`;
    const { body } = await callSimulator<Page<{ timestamp: string; avg: number }>>(simulator, path);
    expect(body.count).toBe(45);
    expect(body.results.at(-1)?.timestamp).toBe("2026-03-04T00:00:00Z");
    expect(body.results.at(-31)?.avg).toBeCloseTo(88, 1);
  });

  it("gives a seat to who reads below a private repository without one, and notes it", async () => {
    await using simulator = await start();
    const token = "unseated-token";
    expect((await listRepos(simulator, "&names=vault", token)).length).toBe(1);
    expect(simulator.effects).toEqual({});
    const { status } = await callSimulator(simulator, `${REPOS}vault/commits/`, { token });
    expect([status, simulator.effects.seats_added?.length]).toEqual([200, 1]);
  });

  it("has open pull requests with and without a patch", async () => {
    await using simulator = await start();
    const path = `${REPOS}web/pulls/?state=open&cursor=`;
    const { body } = await callSimulator<Page<{ pullid: number; patch: unknown }>>(simulator, path);
    expect(body.results.map(({ pullid, patch }) => [pullid, patch])).toEqual([
      [103, null],
      [102, null],
      [101, { hits: 34, misses: 166, partials: 0, coverage: 17 }],
    ]);
  });
});

test.each([
  ["pulls/", 200],
  ["report/", 200],
  ["report/tree", 200],
  ["file_report/vault/main.go", 200],
  ["totals/", 401],
  ["coverage/?interval=1d", 401],
  ["commits/", 401],
])("the super token of an installation reads %s of a private repository: %d", async (path, status) => {
  await using simulator = await startCodecovSimulator({
    state: "coverage",
    selfHosted: true,
    superToken: "above-all",
  });
  const headers = { authorization: "Bearer above-all" };
  expect((await callSimulator(simulator, `${REPOS}vault/${path}`, { headers })).status).toBe(status);
  expect((await callSimulator(simulator, REPOS, { headers })).status).toBe(401);
  expect(simulator.effects).toEqual({});
});

describe("what happens to repositories", () => {
  const start = async (): Promise<CodecovSimulator> =>
    await startCodecovSimulator({ coverage: { repositories: 3, days: 5 }, now: NOW });

  it("an upload counts after an hour, and moves the row's time at most every 30 minutes", async () => {
    await using simulator = await start();
    const before = await readRow(simulator, "repo-00002");
    const upload = {
      op: "upload",
      repo: "repo-00002",
      ago_seconds: 0,
      counts: { hits: 1, misses: 3 },
    } as const;
    simulator.change({ op: "set-repo", repo: "repo-00002", set: { updatestamp: NOW } }, upload);
    expect((await readRow(simulator, "repo-00002"))?.totals).toEqual(before?.totals);
    expect((await readRow(simulator, "repo-00002"))?.updatestamp).toBe(NOW);

    simulator.change({ op: "set-time", advance_seconds: 3_600 });
    expect((await readRow(simulator, "repo-00002"))?.totals?.coverage).toBe(25);
    simulator.change(upload);
    expect((await readRow(simulator, "repo-00002"))?.updatestamp).toMatch(/^2026-03-04T13:00:0/);
  });

  it("totals are replaced, and repositories disappear, are renamed and come back", async () => {
    await using simulator = await start();
    simulator.change({ op: "set-commit", repo: "repo-00001", set: { totals: null } });
    expect((await readRow(simulator, "repo-00001"))?.totals).toBeNull();
    simulator.change({ op: "set-repo", repo: "repo-00001", set: { deleted: true } });
    expect((await listRepos(simulator)).length).toBe(2);
    simulator.change({ op: "set-repo", repo: "repo-00001", set: { deleted: false, name: "renamed" } });
    expect((await listRepos(simulator)).map(({ name }) => name)).toContain("renamed");
  });

  it("private repositories leave the list of who is no longer known to read them", async () => {
    await using simulator = await startCodecovSimulator({
      coverage: { repositories: 10, days: 1, privateEvery: 2 },
      now: NOW,
    });
    expect((await listRepos(simulator)).length).toBe(10);
    simulator.change({ op: "set-member", ownerid: 1001, set: { permission: [] } });
    expect((await listRepos(simulator)).map((row) => row.private)).toEqual(Array(5).fill(false));
  });
});

it("a thousand repositories fit a page", async () => {
  await using simulator = await startCodecovSimulator({
    coverage: { repositories: 1_000, days: 2, openPulls: 0 },
  });
  const rows = await listRepos(simulator);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(1_000);
  expect(rows.every(({ totals }) => totals !== null && totals.lines >= 1_000)).toBe(true);
});

interface Patch {
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
}

interface ComparedFiles {
  readonly state: string;
  readonly totals: { readonly base: Patch; readonly head: Patch; readonly patch: Patch };
  readonly files: readonly { readonly head_name: string; readonly patch_coverage: Patch | null }[];
}

interface PullRow {
  readonly pullid: number;
  readonly base_totals: Patch;
  readonly head_totals: Patch;
  readonly patch: Patch | null;
}

describe("comparisons of made-up pull requests", () => {
  const counts = ({ hits, misses, partials }: Patch): Patch => ({ hits, misses, partials });

  it.each([
    ["demo", { demo: true }, "web", 101],
    ["generated", { repositories: 7 }, "repo-00007", 1],
  ] as const)("agree with the list, %s", async (_, coverage, name, number) => {
    await using simulator = await startCodecovSimulator({ coverage, now: NOW });
    const { body: pull } = await callSimulator<PullRow>(simulator, `${REPOS}${name}/pulls/${number}/`);
    const path = `${REPOS}${name}/compare/impacted_files?pullid=${number}`;
    const { body } = await callSimulator<ComparedFiles>(simulator, path);
    expect(counts(body.totals.base)).toEqual(counts(pull.base_totals));
    expect(counts(body.totals.head)).toEqual(counts(pull.head_totals));
    expect(pull.patch).toMatchObject(counts(body.totals.patch));
    expect(body.state).toBe("processed");
    expect(simulator.effects).toEqual({ provider_requests: [expect.anything()] });
  });

  it("are computed when the background tasks run", async () => {
    await using simulator = await startCodecovSimulator({ coverage: { demo: true }, now: NOW });
    const path = `${REPOS}web/compare/impacted_files?pullid=102`;
    expect((await callSimulator<ComparedFiles>(simulator, path)).body).toMatchObject({
      state: "pending",
      files: [],
    });
    simulator.change({ op: "run-tasks" });
    const { body } = await callSimulator<ComparedFiles>(simulator, path);
    expect(body.files).toMatchObject([
      { head_name: "src/search.ts", patch_coverage: { hits: 60, misses: 20 } },
    ]);
    const { body: pull } = await callSimulator<PullRow>(simulator, `${REPOS}web/pulls/102/`);
    expect(pull.patch).toEqual({ hits: 60, misses: 20, partials: 0, coverage: 75 });
  });

  it("are computed as Codecov did", async () => {
    await using simulator = await startCodecovSimulator({ state: "coverage" });
    const repository = simulator.state.organization(100).repos.find(({ name }) => name === "web");
    const [recorded] = repository?.comparisons ?? [];
    if (repository === undefined || recorded === undefined) throw new Error("the state has no comparison");
    repository.comparisons = [{ ...recorded, state: "pending", result: null }];
    simulator.change({ op: "run-tasks" });
    const [computed] = repository.comparisons;
    const byName = (files: readonly { readonly head_name: string | null }[] = []): unknown =>
      files.toSorted((a, b) => ((a.head_name ?? "") < (b.head_name ?? "") ? -1 : 1));
    expect(computed?.state).toBe("processed");
    expect(byName(recorded.result?.files)).toMatchObject(Object(byName(computed?.result?.files)));
    expect(computed?.result?.files.length).toBe(recorded.result?.files.length);
  });
});

it("a late report changes the totals of its commit, not its time", async () => {
  await using simulator = await startCodecovSimulator({ coverage: { repositories: 1 }, now: NOW });
  const path = `${REPOS}repo-00001/commits/?branch=main&page_size=1`;
  interface Commit {
    readonly commitid: string;
    readonly timestamp: string;
    readonly totals: Patch;
  }
  const { body: before } = await callSimulator<Page<Commit>>(simulator, path);
  const [commit] = before.results;
  simulator.change({
    op: "upload",
    repo: "repo-00001",
    commitid: commit?.commitid,
    counts: { hits: 5, misses: 5 },
  });
  const { body: after } = await callSimulator<Page<Commit>>(simulator, path);
  expect(after.results).toMatchObject([{ ...commit, totals: { hits: 5, misses: 5 } }]);
  expect(after.count).toBe(before.count);
});
