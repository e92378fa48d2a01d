import { expect, it } from "vitest";
import { Code } from "#kernel/errors.ts";
import { startCodecovHost } from "./codecov-host.ts";

// Around Codecov's own page size, around that of the host, and enough for several windows.
it.each([1, 19, 20, 21, 999, 1_000, 1_001, 20_001])(
  "an organization of %i members has as many users and memberships in the file",
  async (members) => {
    await using host = await startCodecovHost({ generated: { members } });
    const { users, grants } = await host.sync();
    expect(new Set(users).size).toBe(members);
    expect(users).toHaveLength(members);
    expect(grants.filter((id) => id.startsWith("org:acme:member:"))).toHaveLength(members);
  },
);

it("an organization without members is refused, as Codecov shows only personal accounts like that", async () => {
  await using host = await startCodecovHost({ generated: { members: 0 } });
  await expect(host.sync()).rejects.toMatchObject({ code: Code.Unimplemented });
});
