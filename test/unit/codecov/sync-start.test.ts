import { describe, expect, it } from "vitest";
import { htmlErrorPage } from "../../fakes/codecov/faults.ts";
import { type Setup, setUp } from "./support.ts";

const ROSTER = "/api/v2/github/Acme/users/?page=1&page_size=10000";
const OWNER = "/api/v2/github/Acme/";
const SEATS = "/api/v2/github/Acme/users/?page=1&page_size=1&activated=true";

function pathsOf({ simulator }: Setup): string[] {
  return simulator.requests.map(({ path }) => path);
}

async function list({ connector, ctx }: Setup, type: string, activeSyncId: string): Promise<string[]> {
  const syncer = connector.syncers.find(({ resourceType }) => resourceType.id === type);
  const page = await syncer?.list(undefined, { pageSize: 0, pageToken: "", activeSyncId }, ctx);
  return page?.items.map(({ id }) => id?.resource ?? "") ?? [];
}

describe("the first listing of a sync", () => {
  it("sends for what the others will want, and they ask for nothing twice", async () => {
    const setup = await setUp();
    await list(setup, "license", "a");
    await expect.poll(() => pathsOf(setup)).toEqual(expect.arrayContaining([SEATS, OWNER, ROSTER]));
    expect(await list(setup, "org", "a")).toEqual(["Acme"]);
    expect(await list(setup, "user", "a")).toContain("alice");
    // The last row of the roster is looked at twice.
    expect(pathsOf(setup)).toHaveLength(4);
    expect(new Set(pathsOf(setup)).size).toBe(4);
  });

  it("sends for nothing more outside a sync", async () => {
    const setup = await setUp();
    await list(setup, "license", "");
    await list(setup, "org", "");
    expect(pathsOf(setup)).toEqual([SEATS, OWNER]);
  });

  it("serves its own sync only", async () => {
    const setup = await setUp();
    await list(setup, "license", "a");
    await list(setup, "user", "a");
    await list(setup, "license", "b");
    await expect.poll(() => pathsOf(setup).filter((path) => path === ROSTER)).toHaveLength(2);
    await expect.poll(() => pathsOf(setup).filter((path) => path.includes("page=last"))).toHaveLength(2);
    setup.simulator.change({ op: "rename", ownerid: 1_009, username: "renamed-since" });
    expect(await list(setup, "user", "c")).toContain("renamed-since");
    expect(await list(setup, "user", "b")).not.toContain("renamed-since");
  });

  it("may fail to get it: it is asked for again when it is wanted", async () => {
    const setup = await setUp();
    setup.simulator.faults.add({ path: "/Acme/$", times: 4, fault: htmlErrorPage(500) });
    setup.simulator.faults.add({
      path: "page_size=10000",
      times: 2,
      fault: { kind: "reset", at: "request" },
    });
    await list(setup, "license", "a");
    expect(await list(setup, "org", "a")).toEqual(["Acme"]);
    expect(await list(setup, "user", "a")).toContain("alice");
  });
});
