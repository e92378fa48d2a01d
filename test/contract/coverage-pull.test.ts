import { describe, expect, test } from "vitest";
import { type PullOptions, type PullReading, readPull } from "#codecov/coverage/reading/read-pull.ts";
import { type CoverageSceneOptions, startCoverageScene } from "./coverage-source.ts";

async function startPullScene(options: CoverageSceneOptions) {
  const scene = await startCoverageScene(options);
  const pull = async (repository: string, number: number, over: Partial<PullOptions> = {}) =>
    await readPull(scene.api, { repository, number, waitMs: 0, ...over }, scene.ctx);
  return { ...scene, pull };
}

type Read = Extract<PullReading, { kind: "pull" }>;

function asRead(reading: PullReading): Read {
  if (reading.kind !== "pull") throw new Error(reading.reason);
  return reading;
}

describe("the recorded organization", () => {
  test("a compared pull request has its commits, its figures and its files", async () => {
    const { pull, simulator } = await startPullScene({ state: "coverage", token: "member-token" });
    const { pull: figures, details } = asRead(await pull("WEB", 25));
    expect(figures).toMatchObject({
      repository: "web",
      number: 25,
      title: "Log in with a passkey",
      author: "erin",
      base: { hits: 54, lines: 70 },
      head: { hits: 57, lines: 72 },
      patch: { hits: 5, misses: 2, partials: 1 },
    });
    expect(details.comparison).toBe("processed");
    expect(details.baseCommit).toEqual({
      sha: "0d46b4562e0adb677065d6f05c26899a7721aaf7",
      committedAt: Date.parse("2025-04-09T09:45:00.831Z"),
    });
    expect(details.headCommit?.sha).toBe("f69d866413c6a0add37a4c4c95ab813a70e463f9");
    expect(details.files?.map(({ path }) => path)).toEqual([
      "frontend/lib/util.js",
      "frontend/new.js",
      "src/app.py",
      "tools/old.py",
    ]);
    expect(details.files?.find(({ path }) => path === "tools/old.py")).toEqual({
      path: "tools/old.py",
      base: { hits: 0, misses: 6, partials: 0 },
      head: null,
      patch: null,
    });
    expect(details.untracked).toEqual(["README.md"]);
    expect(simulator.effects).not.toHaveProperty("comparisons_created");
    expect(simulator.effects).not.toHaveProperty("tasks");
    expect(simulator.effects).not.toHaveProperty("seats_added");
  });

  test("one without a stored base is compared with the base that Codecov names", async () => {
    const { pull } = await startPullScene({ state: "coverage", token: "member-token" });
    const { pull: figures, details } = asRead(await pull("web", 29));
    expect(figures).toMatchObject({ base: { hits: 54, lines: 70 }, head: { hits: 57, lines: 72 } });
    expect(details).toMatchObject({
      comparison: "missing",
      files: null,
      baseCommit: { sha: expect.stringMatching(/^0d46b/) },
    });
  });

  test("one whose commits Codecov lacks has no details, and is no failure", async () => {
    const { pull } = await startPullScene({ state: "coverage", token: "member-token" });
    const { pull: figures, details } = asRead(await pull("web", 28));
    expect(figures).toMatchObject({ base: null, head: { hits: 3_944 }, patch: null });
    expect(details).toEqual({
      comparison: "missing",
      baseCommit: null,
      headCommit: null,
      files: null,
      untracked: [],
    });
  });

  test("reports that are not stored any more leave the figures of the commits", async () => {
    const { pull } = await startPullScene({ state: "coverage", token: "member-token" });
    const { pull: figures, details } = asRead(await pull("web", 20));
    expect(figures).toMatchObject({
      base: { hits: 3_233, lines: 4_470 },
      head: { hits: 3_319, lines: 4_510 },
    });
    expect(details).toMatchObject({ comparison: "processed", files: [] });
  });

  test("what nobody knows is NotFound", async () => {
    const { pull } = await startPullScene({ state: "coverage", token: "member-token" });
    await expect(pull("nope", 1)).rejects.toMatchObject({ code: 5 });
    await expect(pull("web", 999)).rejects.toMatchObject({ code: 5 });
  });

  test("a private one is not read without a seat, and takes none", async () => {
    const { pull, simulator } = await startPullScene({ state: "coverage", token: "unseated-token" });
    const reading = await pull("vault", 2);
    expect(reading).toEqual({
      kind: "no_access",
      reason: expect.stringMatching(/could take a seat.*allow-seat/),
    });
    expect(simulator.effects).toEqual({});
    await pull("vault", 2, { allowSeat: true });
    expect(simulator.effects.seats_added).toHaveLength(1);
  });

  test("a git service that cannot be reached fails with Unavailable, and one that refuses leaves the figures", async () => {
    const { pull, simulator } = await startPullScene({ state: "coverage", token: "member-token" });
    simulator.faults.add({
      path: "/compare/",
      times: null,
      fault: { kind: "answer", status: 500, json: {} },
    });
    await expect(pull("web", 25)).rejects.toMatchObject({ code: 14 });
    simulator.faults.clear();
    const forbidden = { status: 403, json: { detail: "Github API rate limit error: Forbidden" } };
    simulator.faults.add({ path: "/compare/", times: null, fault: { kind: "answer", ...forbidden } });
    const { pull: figures, details } = asRead(await pull("web", 25));
    expect(figures.patch).toEqual({ hits: 5, misses: 2, partials: 1 });
    expect(details).toMatchObject({ comparison: "missing", baseCommit: null, files: null });
  });
});

describe("a comparison that is not there", () => {
  test("is not started, unless that is allowed", async () => {
    const { pull, simulator } = await startPullScene({ coverage: { demo: true } });
    const { details } = asRead(await pull("web", 102));
    expect(details).toMatchObject({ comparison: "missing", files: null });
    expect(details.baseCommit).not.toBeNull();
    expect(simulator.effects).not.toHaveProperty("comparisons_created");
    const allowed = asRead(await pull("web", 102, { compute: true }));
    expect(allowed.details).toMatchObject({ comparison: "pending", files: null });
    expect(simulator.effects.comparisons_created).toHaveLength(1);
  });

  test("is waited for when it was started, with pauses that grow, and no longer than allowed", async () => {
    const { clock, pull } = await startPullScene({ coverage: { demo: true } });
    const { details } = asRead(await pull("web", 103, { compute: true, waitMs: 20_000 }));
    expect(details.comparison).toBe("pending");
    expect(clock.sleeps).toEqual([2_000, 4_000, 8_000, 6_000]);
  });

  test("is there once Codecov has computed it, with the patch of the pull request", async () => {
    const { pull, simulator } = await startPullScene({ coverage: { demo: true } });
    simulator.faults.add({
      path: "impacted_files",
      skip: 1,
      fault: { kind: "change", when: "before", changes: [{ op: "run-tasks" }] },
    });
    const { pull: figures, details } = asRead(await pull("web", 102, { compute: true, waitMs: 60_000 }));
    expect(details.comparison).toBe("processed");
    expect(details.files).toHaveLength(1);
    expect(figures.patch).toEqual({ hits: 60, misses: 20, partials: 0 });
  });

  test("that Codecov starts by itself is waited for without starting it", async () => {
    const { pull, simulator } = await startPullScene({ coverage: { demo: true } });
    simulator.faults.add({
      path: "pulls/103/",
      skip: 2,
      fault: { kind: "change", when: "before", changes: [{ op: "run-tasks" }] },
    });
    const { details } = asRead(await pull("web", 103, { waitMs: 60_000 }));
    expect(details.comparison).toBe("processed");
    expect(simulator.effects).not.toHaveProperty("tasks");
    expect(simulator.requests.filter(({ path }) => path.includes("impacted_files"))).toHaveLength(1);
  });
});
