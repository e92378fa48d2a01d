import { expect, test } from "vitest";
import { startCodecovHost } from "../contract/codecov-host.ts";

test("ids that are no plain user name are made of parts that need no escaping in a URL", async () => {
  await using host = await startCodecovHost({ state: "acme-52" });
  const nameless = { service: "github", username: null, name: "Twin", email: null };
  const judy = { service: "gitlab", username: "judy", name: "Other Judy", email: null };
  for (const [index, owner] of [judy, nameless, nameless].entries()) {
    host.simulator.change(
      { op: "add-owner", ownerid: 5_000 + index, ...owner },
      { op: "join", org: "Acme", ownerid: 5_000 + index },
    );
  }
  const { users, grants } = await host.sync();
  const ids = users.map((row) => String(JSON.parse(row)[0]));
  expect(new Set(ids).size).toBe(55);
  expect(ids.filter((id) => id.includes("/"))).toEqual([]);
  expect(ids).toEqual(expect.arrayContaining(["judy", "~gitlab~judy", "~to_be_deleted~deleted_user_1029"]));
  const twins = ids.filter((id) => id.endsWith("~2"));
  expect(twins).toEqual([expect.stringMatching(/^~no-username~github~[0-9a-f]{32}~2$/)]);
  expect(ids).toContain(twins[0]?.slice(0, -2));
  expect(grants).toContain(`org:Acme:member:user:${twins[0]}`);
});
