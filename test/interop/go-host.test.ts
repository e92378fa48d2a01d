import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { at, batonJson, countUsers, rows } from "./support/baton.ts";
import { startedLate } from "./support/connectors.ts";
import { complaints } from "./support/logs.ts";
import { openScene, type Scene } from "./support/scene.ts";

/** An organization without oddities, so that there is nothing to warn about. */
const MEMBERS = 250;

async function lastSyncType(file: string): Promise<unknown> {
  return at(rows(await batonJson(file, "syncs"), "syncs").at(-1), "syncType");
}

describe.skipIf(!inject("goPrograms").available)("the Go host with our connector", () => {
  let scene: Scene;
  let nextFile = 0;

  beforeAll(async () => {
    scene = await openScene({ generated: { members: MEMBERS, owner: "acme" }, owner: "acme" });
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  async function sync(args: readonly string[], options: { readonly env?: Record<string, string> } = {}) {
    const file = scene.path(`${++nextFile}.c1z`);
    const result = await scene.sync({ host: "go", file, args, ...options });
    return { ...result, file };
  }

  describe.each(["pebble", "sqlite"] as const)("storing with %s", (engine) => {
    it("syncs everything and has nothing to complain about", async () => {
      const { code, stdout, stderr, file } = await sync(["--storage-engine", engine]);
      expect({ code, stdout, complaints: complaints(stderr) }).toEqual({
        code: 0,
        stdout: "",
        complaints: [],
      });
      expect(await countUsers(file)).toBe(MEMBERS);
    });

    it("syncs one type of resources when asked to", async () => {
      const { code, file } = await sync(["--storage-engine", engine, "--sync-resource-types", "user"]);
      expect(code).toBe(0);
      expect(await countUsers(file)).toBe(MEMBERS);
    });

    it("syncs a single person when asked to", async () => {
      const person = "bid:r:user/member-0000002";
      const { code, stderr, file } = await sync(["--storage-engine", engine, "--sync-resources", person]);
      expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
      const stored = rows(await batonJson(file, "resources"), "resources");
      expect(stored.map((row) => at(row, "resource.id.resource"))).toEqual(["member-0000002"]);
      expect(await lastSyncType(file)).toBe("partial");
    });

    it("syncs the seats by themselves when asked to", async () => {
      const { code, stderr, file } = await sync([
        "--storage-engine",
        engine,
        "--sync-resources",
        "bid:r:license/acme",
      ]);
      expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
      expect(rows(await batonJson(file, "grants"), "grants").length).toBeGreaterThan(0);
    });

    it("leaves out entitlements and grants when asked to", async () => {
      const { code, file } = await sync(["--storage-engine", engine, "--skip-entitlements-and-grants"]);
      expect(code).toBe(0);
      expect(await countUsers(file)).toBe(MEMBERS);
      expect(await lastSyncType(file)).toBe("resources_only");
    });

    it("syncs with four workers", async () => {
      const { code, stderr, file } = await sync(["--storage-engine", engine, "--workers", "4"]);
      expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
      expect(await countUsers(file)).toBe(MEMBERS);
    });
  });

  it("does an ordinary sync in spite of --skip-full-sync, as with any connector", async () => {
    const { code, file } = await sync(["--skip-full-sync"]);
    expect(code).toBe(0);
    expect(await countUsers(file)).toBe(MEMBERS);
  });

  it("skips a person who is not there", async () => {
    const { code, file } = await sync(["--sync-resources", "bid:r:user/nobody-of-that-name"]);
    expect(code).toBe(0);
    expect(await countUsers(file)).toBe(0);
  });

  it("refuses a type that the connector does not have", async () => {
    const { code, stderr } = await sync(["--sync-resource-types", "spaceship"]);
    expect(stderr).toContain("spaceship");
    expect([2, 0]).toContain(code);
  });

  it("waits for a connector that takes three seconds to start", async () => {
    const file = scene.path("late.c1z");
    const result = await scene.sync({ host: "go", connector: startedLate("own", 3), file });
    expect({ code: result.code, complaints: complaints(result.stderr) }).toEqual({ code: 0, complaints: [] });
    expect(await countUsers(file)).toBe(MEMBERS);
  });

  it("passes on the settings of its command line as well as those of the environment", async () => {
    const { code, stderr, file } = await sync(
      ["--codecov-owner", "nobody", "--codecov-owner", "acme", "--codecov-service=github"],
      { env: { BATON_CODECOV_OWNER: "" } },
    );
    expect(code, stderr).toBe(0);
    expect(await countUsers(file)).toBe(MEMBERS);
  });

  it("reports a wrong token with the code of the connector", async () => {
    const { stderr, code } = await sync([], {
      env: { BATON_CODECOV_API_TOKEN: "00000000-0000-0000-0000-000000000000" },
    });
    expect(stderr).toContain("Unauthenticated");
    expect([16, 0]).toContain(code);
  });
});
