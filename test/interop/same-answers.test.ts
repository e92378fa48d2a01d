import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { at, type Json, rows } from "./support/baton.ts";
import type { Connector } from "./support/programs.ts";
import { openScene, type Scene } from "./support/scene.ts";

const isMissing = !inject("goPrograms").available;

/** A failing Go host now and then exits 0 (observed with baton-sdk v0.25.0), whatever the connector answers. */
const RETRIES = { retry: 2 };

/** What a run comes to: the exit code, and the gRPC code that the host reports, if any. */
interface Outcome {
  readonly exitCode: number | undefined;
  readonly grpcCode: string | undefined;
}

function outcomeOf({ code, stderr }: { code: number | undefined; stderr: string }): Outcome {
  const grpcCode = /code = (\w+) desc/.exec(stderr)?.[1];
  // What the host reports says more than its exit code, see RETRIES.
  return { exitCode: grpcCode === undefined ? code : undefined, grpcCode };
}

describe.skipIf(isMissing)(
  "asked for what neither connector has, the Go host gets the same answers from both",
  () => {
    let scene: Scene;
    const files = new Map<Connector, string>();

    beforeAll(async () => {
      scene = await openScene({ generated: { members: 20, owner: "acme" }, owner: "acme" });
      for (const connector of ["own", "reference"] as const) {
        const file = scene.path(`${String(connector)}.c1z`);
        const { code, stderr } = await scene.sync({ host: "go", connector, file });
        expect(code, stderr).toBe(0);
        files.set(connector, file);
      }
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
    });

    it.each([
      ["a feed of events", ["--event-feed=true"]],
      ["a named feed of events", ["--event-feed=true", "--event-feed-id=nothing"]],
      ["its actions", ["--list-action-schemas"]],
      ["the actions of a type", ["--list-action-schemas", "--list-action-schemas-resource-type=user"]],
      ["an action", ["--invoke-action=nothing"]],
      ["an action on a type", ["--invoke-action=nothing", "--invoke-action-resource-type=user"]],
      ["a new account", ["--create-account-login=zoe"]],
      ["a new account by profile", ['--create-account-profile={"login":"zoe"}']],
      ["a deletion", ["--delete-resource=member-0000001", "--delete-resource-type=user"]],
      ["a deletion of an unknown type", ["--delete-resource=x", "--delete-resource-type=spaceship"]],
      ["a rotated credential", ["--rotate-credentials=member-0000001", "--rotate-credentials-type=user"]],
      ["the kinds of tickets", ["--list-ticket-schemas"]],
      ["a ticket", ["--get-ticket", "--ticket-id=1"]],
      ["a grant that is not there", ["--revoke-grant=nothing"]],
      ["an unknown type", ["--sync-resource-types=spaceship"]],
      ["grants left out of a full sync", ["--skip-grants"]],
      ["changes allowed, of which there are none", ["--provisioning"]],
    ])("%s", RETRIES, async (_title, args) => {
      const outcomes: Outcome[] = [];
      for (const [connector, file] of files) {
        outcomes.push(outcomeOf(await scene.sync({ host: "go", connector, file, args })));
      }
      const [own, reference] = outcomes;
      expect(own).toEqual(reference);
    });
  },
);

describe.skipIf(isMissing)("the command line behaves as that of a Go connector", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await openScene({ generated: { members: 20, owner: "acme" }, owner: "acme" });
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  });

  async function run(connector: "own" | "reference", args: readonly string[], env: Record<string, string>) {
    const host = connector === "own" ? "own" : "go";
    return await scene.run({ host, connector, args, env });
  }

  it.each<[string, readonly string[], Record<string, string>]>([
    ["a missing setting", [], { BATON_CODECOV_OWNER: "" }],
    ["a service that does not exist", ["--codecov-service=sourceforge"], {}],
    ["an unknown flag", ["--codecov-ownr=acme"], {}],
    ["an unknown command", ["frobnicate"], {}],
    ["half of a pair of flags", ["--grant-entitlement=x"], {}],
    ["two jobs at once", ["--grant-entitlement=x", "--grant-principal=y", "--revoke-grant=z"], {}],
    ["a malformed resource to sync", ["--sync-resources=nonsense"], {}],
    ["a wrong token", [], { BATON_CODECOV_API_TOKEN: "00000000-0000-0000-0000-000000000000" }],
    ["a time-out out of bounds", ["--http-timeout-seconds=100000"], {}],
    ["a health check of nothing", ["health-check", "--health-check-port=1"], {}],
    ["a health check of an unknown endpoint", ["health-check", "--endpoint=wealth"], {}],
    ["the version", ["--version"], {}],
    ["help", ["--help"], {}],
  ])("%s ends with the same exit code", async (_title, args, env) => {
    const own = await run("own", args, env);
    const reference = await run("reference", args, env);
    expect({ code: own.code, stderr: own.stderr }).toMatchObject({ code: reference.code });
  });

  it("exports the SDK's settings as a Go connector does", async () => {
    const settings = async (connector: "own" | "reference") => {
      const { stdout } = await run(connector, ["config"], {});
      const ofConnector = (field: Json) => JSON.stringify(field["name"]).startsWith('"codecov-');
      return rows(JSON.parse(stdout) as Json, "fields")
        .filter((field) => !ofConnector(field))
        .map((field) => ({ ...field, description: "" }));
    };
    expect(await settings("own")).toEqual(await settings("reference"));
  });

  it("exports the connector's settings in the same shape", async () => {
    const setting = async (connector: "own" | "reference", name: string) => {
      const { stdout } = await run(connector, ["config"], {});
      const found = rows(JSON.parse(stdout) as Json, "fields").find((field) => field["name"] === name);
      return { ...found, description: "", displayName: "", placeholder: "" };
    };
    expect(await setting("own", "codecov-service")).toEqual(await setting("reference", "codecov-service"));
    expect(await setting("own", "codecov-owner")).toEqual(await setting("reference", "codecov-owner"));
  });

  it("prints its capabilities in the same shape", async () => {
    const capabilities = async (connector: "own" | "reference") => {
      const { stdout } = await run(connector, ["capabilities"], {});
      const printed = JSON.parse(stdout) as Json;
      const types = rows(printed, "resourceTypeCapabilities").map((entry) => [
        at(entry, "resourceType.id"),
        at(entry, "resourceType.traits"),
        Object.keys(entry).toSorted(),
      ]);
      return { keys: Object.keys(printed), types };
    };
    expect(await capabilities("own")).toEqual(await capabilities("reference"));
  });
});
