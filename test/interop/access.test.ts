import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listValues } from "./support/baton.ts";
import { openScene, type Scene } from "./support/scene.ts";

/** Number of grants in a file per entitlement, as the vendor's command line shows them. */
async function countGrants(file: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const id of await listValues(file, "entitlement.id", "grants")) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

describe.skipIf(!inject("goPrograms").available).each(["pebble", "sqlite"] as const)(
  "who is member, admin and seat holder, read by the Go host and stored with %s,",
  (engine) => {
    const org = { "org:Acme:member": 52, "org:Acme:admin": 4 };
    const license = { "license:Acme:assigned": 30 };
    let scene: Scene;

    beforeAll(async () => {
      scene = await openScene();
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
    });

    it.each([
      ["a full sync", [], { ...org, ...license }],
      ["a sync of the license and users", ["--sync-resource-types", "license,user"], license],
      ["a sync of the organization and users", ["--sync-resource-types", "org,user"], org],
      ["a targeted sync of the license", ["--sync-resources", "bid:r:license/Acme"], license],
      ["a targeted sync of the organization", ["--sync-resources", "bid:r:org/Acme"], org],
    ])("is complete in %s", async (name, args, expected) => {
      const file = scene.path(`${name}.c1z`);
      scene.simulator.clearRequests();
      const { code, stderr } = await scene.sync({ host: "go", engine, file, args });
      expect(code, stderr).toBe(0);
      expect(await countGrants(file)).toEqual(expected);
      const walks = scene.simulator.requests.filter(({ path }) => path.includes("page_size=10000"));
      expect(walks.length).toBeLessThanOrEqual(2);
    });
  },
);
