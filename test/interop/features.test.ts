import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { at, batonJson, type Json, rows } from "./support/baton.ts";
import { complaints, parseLog } from "./support/logs.ts";
import { SESSION_CHILD } from "./support/paths.ts";
import { openScene, type Scene } from "./support/scene.ts";

/** What both hosts can do with a connector beside a sync; the connector is an imaginary company on our runtime. */
describe.skipIf(!inject("goPrograms").available)("the Go host with a connector on our runtime", () => {
  let scene: Scene;
  let file: string;

  beforeAll(async () => {
    scene = await openScene();
    file = scene.path("company.c1z");
    const { code, stderr } = await scene.sync({ host: "go", connector: "toy", engine: "sqlite", file });
    expect(code, stderr).toBe(0);
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  async function run(args: readonly string[]) {
    return await scene.sync({ host: "go", connector: "toy", file, args });
  }

  it("grants, and says nothing when all is well", async () => {
    const { code, stderr } = await run([
      "--grant-entitlement=team:blue:member",
      "--grant-principal=person-2",
      "--grant-principal-type=person",
    ]);
    expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
  });

  it("accepts a grant that is there already", async () => {
    const { code, stderr } = await run([
      "--grant-entitlement=team:red:member",
      "--grant-principal=person-0",
      "--grant-principal-type=person",
    ]);
    expect(code, stderr).toBe(0);
  });

  it("passes on why a grant was refused", async () => {
    const { code, stderr } = await run([
      "--grant-entitlement=team:red:member",
      "--grant-principal=person-4",
      "--grant-principal-type=person",
    ]);
    expect(stderr).toContain("the company said no");
    expect([9, 0]).toContain(code);
  });

  it("revokes", async () => {
    const { code, stderr } = await run(["--revoke-grant=team:red:member:person:person-1"]);
    expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
  });

  it("prints the events of a feed", async () => {
    const { code, stdout, stderr } = await run(["--event-feed=true", "--event-feed-id=joins"]);
    expect(code, stderr).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Json);
    expect(events.map((event) => event["id"])).toEqual(["join-0", "join-1"]);
  });

  it("lists the actions", async () => {
    const { code, stderr } = await run(["--list-action-schemas"]);
    expect(code, stderr).toBe(0);
    const listed = parseLog(stderr).find(({ msg }) => msg === "Action Schemas");
    expect(listed?.["count"]).toBe(2);
  });

  describe("invoking an action", () => {
    const greet = ["--invoke-action=greet", "--invoke-action-resource-type=person"];

    it.each([[[]], [["--provisioning"]]])("shows its answer (%s)", async (flags) => {
      const args = '{"whom":"Alice","times":3,"nested":{"list":[1.5,null,"ü"]}}';
      const { code, stderr } = await run([...greet, ...flags, `--invoke-action-args=${args}`]);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("hello Alice");
    });

    it("shows why it failed", async () => {
      const { code, stderr } = await run(greet);
      expect(stderr).toContain("whom to greet?");
      expect([2, 0]).toContain(code);
    });

    it("is told to the connector by variables as well", async () => {
      const { code, stderr } = await scene.sync({
        host: "go",
        connector: "toy",
        file,
        env: { BATON_INVOKE_ACTION: "greet", BATON_INVOKE_ACTION_ARGS: '{"whom":"Alice"}' },
      });
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("hello Alice");
    });
  });

  it("creates no account where the connector cannot, and says so", async () => {
    const { code, stderr } = await run(["--create-account-login=zoe"]);
    expect(stderr).toContain("Unimplemented");
    expect([12, 0]).toContain(code);
  });

  it("deletes a resource", async () => {
    const { code, stderr } = await run(["--delete-resource=person-3", "--delete-resource-type=person"]);
    expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
  });

  it.each(["pebble", "sqlite"] as const)(
    "offers its session store, which outlives a page (%s)",
    async (engine) => {
      const counted = scene.path(`session-${engine}.c1z`);
      const { code, stderr } = await scene.sync({
        host: "go",
        connector: SESSION_CHILD,
        engine,
        file: counted,
        env: { INTEROP_SESSION_STORE: "1", INTEROP_CONFIG_SCHEMA: "" },
      });
      expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
      const [counter] = rows(await batonJson(counted, "resources"), "resources");
      expect(at(counter, "resource.displayName")).toBe("2");
    },
  );
});

describe.skipIf(!inject("goPrograms").available)(
  "both hosts on a company with entitlements and grants",
  () => {
    const LISTINGS = [
      ["resource-types"],
      ["resources"],
      ["entitlements"],
      ["grants"],
      ["principals"],
      ["access", "-t", "person", "-r", "person-1"],
    ];
    let scene: Scene;
    let files: { readonly own: string; readonly pebble: string; readonly sqlite: string };

    beforeAll(async () => {
      scene = await openScene();
      files = {
        own: scene.path("own.c1z"),
        pebble: scene.path("pebble.c1z"),
        sqlite: scene.path("sqlite.c1z"),
      };
      const runs = [
        await scene.sync({ host: "own", connector: "toy", file: files.own }),
        await scene.sync({ host: "go", connector: "toy", engine: "pebble", file: files.pebble }),
        await scene.sync({ host: "go", connector: "toy", engine: "sqlite", file: files.sqlite }),
      ];
      for (const { code, stderr } of runs) expect(code, stderr).toBe(0);
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
    });

    it.each(LISTINGS)("leave files in which the baton tool finds the same (%s)", async (...listing) => {
      const sqlite = await batonJson(files.sqlite, ...listing);
      const own = await batonJson(files.own, ...listing);
      expect(normalize(own)).toEqual(normalize(sqlite));
      const pebble = await batonJson(files.pebble, ...listing);
      expect(normalize(own, withoutEmbedded)).toEqual(normalize(pebble, withoutEmbedded));
    });
  },
);

/** Of the resource inside an entitlement, the Go host's own storage engine keeps the id only. */
function withoutEmbedded(key: string, value: unknown): unknown {
  const slim = (entitlement: Json): Json => {
    const id = at(entitlement, "resource.id");
    return id === undefined ? entitlement : { ...entitlement, resource: { id } };
  };
  if (key === "entitlement") return slim(value as Json);
  if (key === "entitlements")
    return (value as readonly Json[]).map((item) => ("id" in item ? slim(item) : item));
  return value;
}

/** Lists in one order: files differ in the order of their rows. */
function normalize(value: Json, reviver = (_key: string, found: unknown) => found): unknown {
  return JSON.parse(JSON.stringify(value), (key, found: unknown) => {
    const revived = reviver(key, found);
    return Array.isArray(revived) ? revived.toSorted((a, b) => order(a, b)) : revived;
  });
}

function order(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : Number(left > right);
}
