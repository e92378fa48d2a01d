import { describe, expect, test } from "vitest";
import { readOrganization } from "#codecov/coverage/reading/read-organization.ts";
import { silentLogger } from "#kernel/logger.ts";
import { HOUR_MS } from "../unit/coverage/scene.ts";
import { startCoverageScene } from "./coverage-source.ts";
import { DEMO_STATES } from "./demo-states.ts";

const DAY_MS = 24 * HOUR_MS;

describe("an organization in every state", () => {
  test("has each repository in its state, with the server's own numbers", async () => {
    const { ledger, read, simulator } = await startCoverageScene({ coverage: { demo: true } });
    const outcome = await read();
    expect(outcome).toMatchObject({ failed: [], held: undefined, failure: undefined });
    expect(outcome.notes).toHaveLength(1);
    expect(Object.fromEntries([...ledger.rows].map(([name, { state }]) => [name, state]))).toEqual(
      DEMO_STATES,
    );
    for (const { state, totals, reason } of ledger.rows.values()) {
      expect(totals === null).toBe(state !== "measured");
      expect(reason === null).toBe(state === "measured");
    }
    const [organization] = simulator.state.organizations();
    const newest = organization?.repos.find(({ name }) => name === "billing")?.commits.all();
    expect(newest).toBeDefined();
    const { totals, head, trend } = ledger.row("billing");
    const source = newest?.find(({ commitid }) => commitid === head?.sha);
    expect(source?.totals).toMatchObject({ h: totals?.hits, n: totals?.lines, m: totals?.misses });
    // The server's time runs on while its state is made.
    expect(head?.committedAt).toBeGreaterThanOrEqual(Date.parse("2026-11-27T10:00:00Z"));
    expect(head?.committedAt).toBeLessThan(Date.parse("2026-11-27T10:01:00Z"));
    // 31 days asked for, and the older one that the server adds.
    expect([...trend.keys()]).toHaveLength(32);
    expect([...trend.keys()].toSorted().at(-1)).toBe("2026-11-27");
  });

  test("has all open pull requests with the server's figures", async () => {
    const { ledger, read } = await startCoverageScene({ coverage: { demo: true } });
    await read();
    expect(new Set(ledger.pulls.get("web")?.keys())).toEqual(new Set([101, 102, 103]));
    expect(ledger.pulls.get("web")?.get(101)).toMatchObject({
      title: "Log in with a passkey",
      state: "open",
      patch: { hits: 34, misses: 166, partials: 0 },
    });
    expect(ledger.pulls.get("web")?.get(102)).toMatchObject({ patch: null });
    expect(ledger.pulls.get("billing")?.size).toBe(0);
  });

  test("asks nothing that changes or starts something, and never for a repository alone or its secrets", async () => {
    const { paths, read, simulator } = await startCoverageScene({ coverage: { demo: true } });
    await read();
    expect(simulator.effects).toEqual({});
    for (const path of paths()) {
      expect(path).not.toMatch(/repos\/[^/?]+\/(\?|$)/);
      expect(path).not.toMatch(/config|compare|impacted/);
    }
  });
});

describe("seats", () => {
  test("a token without one reads a mixed organization without taking any", async () => {
    const scene = await startCoverageScene({
      coverage: { repositories: 40, privateEvery: 4 },
      token: "unseated-token",
    });
    const { ledger, read, simulator } = scene;
    const outcome = await read();
    expect(simulator.effects.seats_added).toBeUndefined();
    expect(outcome).toMatchObject({ failed: [], failure: undefined });
    expect(outcome.notes).toEqual([
      expect.stringMatching(
        /^trend and pull requests of 10 private repositories are not read.*--codecov-allow-seat/,
      ),
    ]);
    // The list's figure needs no seat.
    expect(ledger.row("repo-00004")).toMatchObject({
      private: true,
      state: "measured",
      details: "no_access",
      detailsReadAt: null,
    });
    expect(ledger.row("repo-00005")).toMatchObject({ private: false, state: "measured" });
    expect(ledger.row("repo-00005").detailsReadAt).not.toBeNull();
    expect(ledger.row("repo-00005").details).toBeUndefined();
    expect(scene.paths().filter((path) => path.includes("repo-00004/"))).toEqual([]);
  });

  test("allowing it reads private repositories, and takes one", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 8, privateEvery: 4 },
      token: "unseated-token",
    });
    await read({ allowSeat: true });
    expect(simulator.effects.seats_added).toHaveLength(1);
    expect(ledger.row("repo-00004").detailsReadAt).not.toBeNull();
  });

  test.each(["admin-token", "org-token"])("%s reads private repositories and takes none", async (token) => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 8, privateEvery: 4 },
      token,
    });
    const outcome = await read();
    expect(simulator.effects.seats_added).toBeUndefined();
    expect(ledger.row("repo-00004").trend.size).toBeGreaterThan(20);
    expect(outcome.notes).toEqual([]);
  });

  test("where it cannot be told whose the token is, no seat counts as held", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 8, privateEvery: 4 },
    });
    simulator.faults.add({
      path: "/github/\\?page_size",
      times: null,
      fault: { kind: "answer", status: 500, json: { error: "Server Error (500)" } },
    });
    const outcome = await read();
    expect(outcome.notes).toEqual([expect.stringMatching(/whose token it is/)]);
    expect(ledger.row("repo-00004")).toMatchObject({ details: "no_access", detailsReadAt: null });
    expect(outcome.failed).toEqual([]);
  });

  test("a question for the seat that fails for now fails the private repositories, by name", async () => {
    const { read, simulator } = await startCoverageScene({ coverage: { repositories: 8, privateEvery: 4 } });
    simulator.faults.add({ path: "activated=true", times: null, fault: { kind: "answer", status: 503 } });
    const outcome = await read();
    expect(outcome.failed).toEqual(["repo-00004", "repo-00008"]);
    expect(outcome.failure?.code).toBe(14);
  });

  test("the public scope asks for no seat and nothing private", async () => {
    const { paths, read } = await startCoverageScene({ coverage: { repositories: 8, privateEvery: 4 } });
    await read({ details: "public" });
    const asked = paths();
    expect(asked.filter((path) => /repo-0000[48]|users/.test(path))).toEqual([]);
    expect(asked).toHaveLength(1 + 6 * 3);
  });
});

describe("requests", () => {
  test("1,000 repositories without details take two", async () => {
    const { ledger, read } = await startCoverageScene({
      coverage: { repositories: 1_000, days: 2, openPulls: 0 },
    });
    const outcome = await read({ details: "none" });
    expect(outcome.requests).toBe(2);
    expect(ledger.rows.size).toBe(1_000);
  });

  test("a second reading of an unchanged organization takes the list alone", async () => {
    const { advance, read } = await startCoverageScene({
      coverage: { repositories: 120, days: 5, openPulls: 1, privateEvery: 9 },
    });
    const first = await read();
    expect(first.requests).toBe(1 + 2 + 120 * 3);
    advance(60_000);
    expect((await read()).requests).toBe(1);
  });

  test("a repository that moved is read again, with all days that are wanted", async () => {
    const { advance, paths, read, simulator, ledger } = await startCoverageScene({
      coverage: { repositories: 5, openPulls: 0 },
    });
    await read();
    advance(2 * HOUR_MS);
    simulator.change({ op: "upload", repo: "repo-00003", ago_seconds: 0, counts: { hits: 1, misses: 3 } });
    advance(HOUR_MS + 60_000);
    paths();
    await read();
    const asked = paths().filter((path) => path.includes("/coverage/"));
    expect(asked).toEqual([
      expect.stringContaining("repo-00003/coverage/?interval=1d&start_date=2026-10-28&"),
    ]);
    expect(ledger.row("repo-00003")).toMatchObject({ totals: { hits: 1, lines: 4 } });
    expect(ledger.row("repo-00003").trend.size).toBe(32);
  });

  test("an upload within the half hour in which the row does not move is seen by the next reading", async () => {
    const { advance, read, simulator, ledger } = await startCoverageScene({
      coverage: { repositories: 3, openPulls: 0 },
    });
    await read();
    advance(2 * HOUR_MS);
    simulator.change({ op: "upload", repo: "repo-00001", ago_seconds: 0, counts: { hits: 1, misses: 1 } });
    advance(5 * 60_000);
    await read();
    simulator.change({ op: "upload", repo: "repo-00001", ago_seconds: 0, counts: { hits: 1, misses: 9 } });
    advance(30 * 60_000);
    await read();
    const today = ledger.row("repo-00001").trend.get("2026-11-27");
    expect(today?.min).toBe(10);
  });
});

describe("a list that cannot be read in one go", () => {
  test("a row that Codecov fails on costs no other, and keeps its name once it is known", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 700, days: 2, openPulls: 0 },
    });
    await read({ details: "none" });
    simulator.change({
      op: "set-commit",
      repo: "repo-00300",
      set: { totals: [5, 100, 80, 20, 0, "80.00000"] },
    });
    const outcome = await read({ details: "none" });
    expect(ledger.row("repo-00300")).toMatchObject({ state: "unreadable", totals: null, private: false });
    expect(ledger.rows.size).toBe(700);
    expect([...ledger.rows.values()].filter(({ state }) => state === "measured")).toHaveLength(699);
    expect(outcome.requests).toBeLessThan(30);
  });

  test("a row whose name was never seen stands under another name until it can be read", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 20, days: 2, openPulls: 0 },
    });
    const bad = { op: "set-commit", repo: "repo-00007" } as const;
    simulator.change({ ...bad, set: { totals: [5, 100, 80, 20, 0, "80.00000"] } });
    await read({ details: "none" });
    expect(ledger.rows.size).toBe(20);
    expect(ledger.row("(unreadable 1)")).toMatchObject({ state: "unreadable", totals: null });
    expect(ledger.rows.has("repo-00007")).toBe(false);
    simulator.change({ ...bad, set: { totals: null } });
    await read({ details: "none" });
    expect(ledger.rows.has("(unreadable 1)")).toBe(false);
    expect(ledger.row("repo-00007")).toMatchObject({ state: "no_report" });
  });

  test("a server that fails on everything fails the reading, soon, and stores nothing", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 600, days: 2, openPulls: 0 },
    });
    simulator.faults.add({ path: "/repos/", times: null, fault: { kind: "answer", status: 500, json: {} } });
    await expect(read()).rejects.toMatchObject({ code: 14 });
    expect(simulator.requests.length).toBeLessThan(60);
    expect(ledger.lists).toEqual([]);
  });

  test.each([
    ["shrinks", { op: "set-repo", repo: "repo-01400", set: { deleted: true } } as const, 1_399],
    ["changes its order", { op: "set-repo", repo: "repo-00002", set: { deleted: true } } as const, 1_399],
  ])("one that %s under way is read again", async (_what, change, expected) => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 1_400, days: 1, openPulls: 0 },
    });
    simulator.faults.add({
      path: "repos/\\?page=1&",
      fault: { kind: "change", when: "after", changes: [change] },
    });
    await read({ details: "none" });
    expect(ledger.rows.size).toBe(expected);
    expect(simulator.requests.filter(({ path }) => path.includes("repos/?page=1&"))).toHaveLength(2);
  });

  test("one that changes every time fails with Unavailable", async () => {
    const { read, simulator } = await startCoverageScene({
      coverage: { repositories: 600, days: 1, openPulls: 0 },
    });
    for (let walk = 0; walk < 5; walk += 1) {
      const removed = { op: "set-repo", repo: `repo-0000${walk + 1}`, set: { deleted: true } } as const;
      simulator.faults.add({
        path: "repos/\\?page=1&",
        skip: walk,
        fault: { kind: "change", when: "after", changes: [removed] },
      });
    }
    await expect(read({ details: "none" })).rejects.toMatchObject({ code: 14 });
  });
});

describe("repositories that are missing", () => {
  test("one is gone after three readings, and back when it is listed again", async () => {
    const { advance, ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 10, days: 2, openPulls: 0 },
    });
    const remove = (deleted: boolean) =>
      simulator.change({ op: "set-repo", repo: "repo-00003", set: { deleted } });
    await read({ details: "none" });
    remove(true);
    const states: string[] = [];
    for (let reading = 0; reading < 3; reading += 1) {
      advance(HOUR_MS);
      await read({ details: "none" });
      states.push(ledger.row("repo-00003").state);
    }
    expect(states).toEqual(["measured", "measured", "gone"]);
    remove(false);
    await read({ details: "none" });
    expect(ledger.row("repo-00003")).toMatchObject({ state: "measured", missed: 0, missingSince: null });
  });

  test("many at once are kept for a day, and said to look like a lost permission", async () => {
    const { advance, ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 30, days: 2, openPulls: 0, privateEvery: 5 },
    });
    await read({ details: "none" });
    for (const { ownerid } of simulator.state.tokens.values())
      simulator.change({ op: "set-member", ownerid, set: { permission: [] } });
    for (let reading = 0; reading < 4; reading += 1) {
      advance(5 * HOUR_MS);
      const outcome = await read({ details: "none" });
      expect(outcome.held).toMatch(/6 of 30 repositories.*--accept-gone/);
      expect(ledger.row("repo-00005")).toMatchObject({ state: "measured", missed: reading + 1 });
    }
    advance(10 * HOUR_MS);
    const later = await read({ details: "none" });
    expect(later.held).toBeUndefined();
    expect(ledger.row("repo-00005").state).toBe("gone");
    expect(ledger.row("repo-00004").state).toBe("measured");
  });

  test("many at once are gone when that is accepted", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 30, days: 2, openPulls: 0, privateEvery: 5 },
    });
    await read({ details: "none" });
    for (const { ownerid } of simulator.state.tokens.values())
      simulator.change({ op: "set-member", ownerid, set: { permission: [] } });
    expect((await read({ details: "none", acceptGone: true })).held).toBeUndefined();
    expect(ledger.row("repo-00005").state).toBe("gone");
  });

  test("figures of most of an organization that are lost at once are kept, and said so", async () => {
    const { advance, ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 10, days: 2, openPulls: 0 },
    });
    await read({ details: "none" });
    for (let number = 1; number <= 6; number += 1)
      simulator.change({
        op: "set-commit",
        repo: `repo-${String(number).padStart(5, "0")}`,
        set: { totals: null },
      });
    advance(HOUR_MS);
    const outcome = await read({ details: "none" });
    expect(outcome.notes).toEqual([expect.stringMatching(/^6 of 10 measured repositories/)]);
    expect(ledger.row("repo-00001").state).toBe("measured");
    advance(DAY_MS);
    await read({ details: "none" });
    expect(ledger.row("repo-00001").state).toBe("no_report");
  });
});

describe("failures of single repositories", () => {
  test("those that pass are repeated, and nothing is lost", async () => {
    const { clock, ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 12, days: 3, openPulls: 1 },
    });
    simulator.faults.add(
      {
        path: "repo-00004/coverage",
        fault: { kind: "answer", status: 429, headers: { "retry-after": "7" } },
      },
      { path: "repo-00005/commits", fault: { kind: "reset", at: "body" } },
      { path: "repo-00006/pulls", times: 2, fault: { kind: "answer", status: 503 } },
      { path: "repo-00007/coverage", times: 2, fault: { kind: "answer", status: 500, json: {} } },
    );
    const outcome = await read();
    expect(outcome).toMatchObject({ failed: [], failure: undefined });
    expect(ledger.saved).toHaveLength(12);
    expect(Math.max(...clock.sleeps)).toBeGreaterThanOrEqual(7_000);
  });

  test("those that do not pass in time are named, the others are stored, and the next reading completes them", async () => {
    const { advance, ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 12, days: 3, openPulls: 1 },
    });
    simulator.faults.add({
      path: "repo-0000[47]/coverage",
      times: null,
      fault: { kind: "answer", status: 502 },
    });
    const outcome = await read();
    expect(outcome.failed).toEqual(["repo-00004", "repo-00007"]);
    expect(outcome.failure?.code).toBe(14);
    expect(ledger.saved).toHaveLength(10);
    simulator.faults.clear();
    advance(60_000);
    const next = await read();
    expect(next).toMatchObject({ failed: [], requests: 1 + 2 * 3 });
    expect(ledger.saved).toHaveLength(12);
  });

  test("a refusal is told, and is no failure", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 4, days: 3, openPulls: 1 },
    });
    const forbidden = { status: 403, json: { detail: "Github API: Forbidden" } };
    simulator.faults.add({ path: "repo-00002/", times: null, fault: { kind: "answer", ...forbidden } });
    const outcome = await read();
    expect(outcome).toMatchObject({ failed: [], failure: undefined });
    expect(outcome.notes).toEqual([expect.stringMatching(/repo-00002: 403 Forbidden: Github API/)]);
    expect(ledger.row("repo-00002")).toMatchObject({ state: "measured", detailsReadAt: null });
  });

  test("a token that is revoked under way ends the reading", async () => {
    const { read, simulator } = await startCoverageScene({ coverage: { repositories: 4, days: 3 } });
    const invalid = { status: 401, json: { detail: "Invalid token." } };
    simulator.faults.add({ path: "repo-00002/", times: null, fault: { kind: "answer", ...invalid } });
    await expect(read()).rejects.toMatchObject({ code: 16 });
  });

  test("a pull request that Codecov fails on costs no other, and stays open under its number", async () => {
    const { advance, ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 2, days: 3, openPulls: 5 },
    });
    await read();
    const [organization] = simulator.state.organizations();
    const repository = organization?.repos.find(({ name }) => name === "repo-00001");
    const pull = repository?.pulls.find(({ pullid }) => pullid === 3);
    simulator.change({
      op: "set-commit",
      repo: "repo-00001",
      commitid: pull?.head ?? "",
      set: { totals: [1, 2, 1, 1, 0, "50.00000"] },
    });
    advance(2 * HOUR_MS);
    simulator.change({ op: "upload", repo: "repo-00001", ago_seconds: 0, counts: { hits: 1, misses: 1 } });
    const outcome = await read();
    expect(outcome).toMatchObject({ failed: [], notes: [] });
    const pulls = ledger.pulls.get("repo-00001");
    expect(new Set(pulls?.keys())).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(pulls?.get(3)).toMatchObject({ state: "open", head: null, base: null, patch: null });
    expect(pulls?.get(2)?.head).not.toBeNull();
  });

  test("more open pull requests than fit into a page are all read, though some are merged meanwhile", async () => {
    const { ledger, read, simulator } = await startCoverageScene({
      coverage: { repositories: 1, days: 3, openPulls: 250 },
    });
    simulator.faults.add({
      path: "cursor=&",
      fault: {
        kind: "change",
        changes: [{ op: "set-pull", repo: "repo-00001", pullid: 249, set: { state: "merged" } }],
      },
    });
    await read();
    expect(ledger.pulls.get("repo-00001")?.size).toBe(250);
    expect(simulator.requests.filter(({ path }) => path.includes("cursor="))).toHaveLength(3);
  });

  test("an aborted reading ends with the signal's reason", async () => {
    const { api, clock, ledger, simulator } = await startCoverageScene({
      coverage: { repositories: 4, days: 3 },
    });
    const controller = new AbortController();
    simulator.faults.add({ path: "/coverage/", times: null, fault: { kind: "stall" } });
    const ctx = { signal: controller.signal, log: silentLogger, clock };
    const reading = readOrganization(
      api,
      ledger,
      {
        details: "seat",
        days: 30,
        onProgress: ({ due }) => due > 0 && setTimeout(() => controller.abort(), 20),
      },
      ctx,
    );
    await expect(reading).rejects.toBeDefined();
    expect(ledger.lists).toHaveLength(1);
    expect(ledger.saved).toEqual([]);
  });
});

test("the progress ends with everything done", async () => {
  const { read } = await startCoverageScene({ coverage: { repositories: 5, days: 3, openPulls: 0 } });
  const steps: unknown[] = [];
  const outcome = await read({ onProgress: (progress) => steps.push(progress) });
  expect(steps[0]).toMatchObject({ repositories: undefined, done: 0 });
  expect(steps.at(-1)).toEqual({ repositories: 5, due: 5, done: 5, failed: 0, requests: outcome.requests });
});
