import { describe, expect, it } from "vitest";
import { Code } from "#kernel/errors.ts";
import { makeResourceId } from "#model/ids.ts";
import type { Resource } from "#model/resource.ts";
import { failureOf } from "../../fakes/failure.ts";
import { type Setup, setUp } from "./support.ts";

async function getUser({ connector, ctx }: Setup, id: string): Promise<Resource | undefined> {
  return (await connector.syncers[0]?.get?.(makeResourceId("user", id), undefined, ctx))?.resource;
}

const paths = ({ simulator }: Setup) => simulator.requests.map(({ path }) => path);

describe("one user", () => {
  it("is the same as in the listing, for every member", async () => {
    const setup = await setUp();
    for (const user of await setup.listUsers()) {
      expect(await getUser(setup, user.id?.resource ?? "")).toEqual(user);
    }
  });

  it("takes one request, and another for the organization's name", async () => {
    const setup = await setUp();
    await getUser(setup, "judy");
    const search = "/api/v2/github/Acme/users/?page=1&page_size=1000&search=judy";
    expect(paths(setup)).toEqual([search, "/api/v2/github/Acme/"]);
    await getUser(setup, "judy");
    expect(paths(setup).slice(2)).toEqual([search]);
  });

  it.each([
    ["with dots", "first.last"],
    ["of digits only, which is the internal id of another", "1010"],
    ["of other digits, which reads as the same number", "01_010"],
    ["that ends like a format", "bob.json"],
    ["in upper case", "JUDY.UPPER"],
    ["with a slash in front", "/gitlab/bob"],
    ["with the sign in front that marks other ids", "~gitlab~bob"],
    ["with quotes, commas and blanks", `o'hara, "the" boss`],
    ["of punctuation only", `"'"`],
    ["with the signs of a pattern", "100%_\\"],
    ["beyond ASCII", "Jörg·字"],
  ])("with a name %s is the right one", async (_, username) => {
    const setup = await setUp();
    setup.simulator.change({ op: "rename", ownerid: 1_009, username });
    const user = (await setup.listUsers()).find(({ profile }) => profile?.["username"] === username);
    expect(user?.displayName).toBe("Erin Kay");
    expect(await getUser(setup, user?.id?.resource ?? "")).toEqual(user);
    for (const path of paths(setup)) expect(path).toMatch(/\/Acme\/(users\/\?.*)?$/);
  });

  it.each([
    ["in another case", "JUDY"],
    ["that is part of other names", "e"],
    ["that is only somebody's internal id", "1010"],
    ["without the ending that belongs to it", "first"],
    ["of another service", "~gitlab~judy"],
    ["that nobody has", "no-such-person"],
    ["whose derivation nobody fits", `~no-username~github~${"0".repeat(32)}`],
  ])("with a name %s is not there", async (_, id) => {
    const setup = await setUp();
    setup.simulator.change({ op: "rename", ownerid: 1_009, username: "first.last" });
    expect(await getUser(setup, id)).toBeUndefined();
  });

  it("is told apart from one of the same name on another service", async () => {
    const setup = await setUp();
    setup.simulator.change(
      { op: "add-owner", ownerid: 5_000, service: "gitlab", username: "judy", name: "Other", email: null },
      { op: "join", org: "Acme", ownerid: 5_000 },
    );
    expect((await getUser(setup, "judy"))?.profile?.["service"]).toBe("github");
    expect((await getUser(setup, "~gitlab~judy"))?.displayName).toBe("Other");
  });

  it("without a name is found among those that look the same", async () => {
    const setup = await setUp();
    const twin = { service: "github", username: null, name: "Twin", email: null };
    for (const ownerid of [5_000, 5_001, 5_002]) {
      setup.simulator.change(
        { op: "add-owner", ownerid, ...twin },
        { op: "join", org: "Acme", ownerid },
        { op: "set-seat", org: "Acme", ownerid, activated: ownerid === 5_002 },
      );
    }
    const users = await setup.listUsers();
    const third = users.find(({ id }) => id?.resource.endsWith("~3"));
    expect(third?.profile?.["activated"]).toBe(true);
    expect(await getUser(setup, third?.id?.resource ?? "")).toEqual(third);
  });

  it("is found with a name that fits more members than one answer holds", async () => {
    const setup = await setUp({ generated: { members: 2_500 } });
    setup.simulator.change({ op: "rename", ownerid: 1_001 + 2_400, username: "m" });
    expect((await getUser(setup, "m"))?.displayName).toBe("Member 2401");
    setup.simulator.change({ op: "rename", ownerid: 1_001 + 2_400, username: "n" });
    expect(await getUser(setup, "m")).toBeUndefined();
  });

  it("of an organization that cannot be read is an error, not somebody who left", async () => {
    const setup = await setUp({}, { tokenName: "outsider-token" });
    expect((await failureOf(getUser(setup, "judy"))).code).toBe(Code.FailedPrecondition);
  });
});
