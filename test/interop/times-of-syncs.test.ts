import { strict as assert } from "node:assert";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openReview } from "#codecov/report/review.ts";
import { at, baton, batonJson, countUsers, rows } from "./support/baton.ts";
import { hasFile, openScene, type Scene } from "./support/scene.ts";

describe.skipIf(!inject("goPrograms").available)("a file with our tables of true times and origins", () => {
  let scene: Scene;
  let file: string;
  const ends: { readonly before: number; readonly after: number }[] = [];

  /** Syncs in a time zone. An end further west than the one before is moved behind it. */
  async function sync(host: "own" | "go", zone: string): Promise<void> {
    const before = Date.now();
    const engine = host === "go" ? ({ engine: "sqlite" } as const) : {};
    const result = await scene.sync({ host, file, env: { TZ: zone }, ...engine });
    assert.equal(result.code, 0, result.stderr);
    ends.push({ before, after: Date.now() });
  }

  beforeAll(async () => {
    scene = await openScene({ state: "acme-52" });
    file = scene.path("sync.c1z");
    await sync("own", "Asia/Tokyo");
    await sync("own", "UTC");
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  async function expectTrueTimes(): Promise<void> {
    await using review = await openReview(file);
    const { sync: latest, previousSync } = review.facts;
    for (const [index, told] of [previousSync, latest].entries()) {
      const { before, after } = ends.at(index - 2) ?? { before: 0, after: 0 };
      const endedAt = Date.parse(told?.endedAt ?? "");
      expect(endedAt).toBeGreaterThanOrEqual(before);
      expect(endedAt).toBeLessThanOrEqual(after);
    }
  }

  it("tells when both syncs ended", async () => {
    await expectTrueTimes();
  });

  it("is read by the baton tool", async () => {
    expect(await countUsers(file)).toBe(52);
    expect(at(await batonJson(file, "stats"), "stats.resourcesByResourceType.user")).toBe("52");
    expect(rows(await batonJson(file, "syncs"), "syncs")).toHaveLength(2);
    expect(at(JSON.parse(await baton(file, "diff")), "resources")).toEqual({});
    const out = scene.path("export.c1z");
    await baton(file, "export", "c1z", "--out", out);
    expect(hasFile(out)).toBe(true);
    expect(await countUsers(out)).toBe(52);
  });

  it("is extended by the Go host, which leaves the tables alone", async () => {
    await sync("go", "Pacific/Kiritimati");
    expect(await countUsers(file)).toBe(52);
    await expectTrueTimes();
    await using review = await openReview(file);
    const { sync: latest, previousSync } = review.facts;
    expect(latest.origin).toBeNull();
    expect(previousSync?.origin).toMatchObject({
      program: "baton-codecov",
      source: { address: expect.stringMatching(/^http:/), account: "alice", isAdmin: true },
    });
  });

  it("is converted by the Go host to its own engine", async () => {
    const result = await scene.sync({ host: "go", file, engine: "pebble", env: { TZ: "UTC" } });
    assert.equal(result.code, 0, result.stderr);
    expect(await countUsers(file)).toBe(52);
  });
});
