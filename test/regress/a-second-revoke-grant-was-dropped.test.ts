import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { runProgram } from "../contract/program.ts";
import { type Roomy, SEAT, startRoomy } from "./roomy.ts";

async function run({ cwd, env }: Roomy, ...args: string[]) {
  const { code, stdout, stderr } = await runProgram(args, { cwd, env });
  const lines = stderr.trimEnd().split("\n");
  const log = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { code, stdout, last: lines.at(-1), log, said: log.map(({ msg }) => String(msg)) };
}

const revoke = (name: string) => ["--revoke-grant", `${SEAT}:user:${name}`];
const to = (name: string) => ["--grant-principal", name];

describe("several grants to revoke", () => {
  test("are all revoked, and each is reported", async () => {
    const roomy = await startRoomy();
    expect(roomy.seated()).toEqual(expect.arrayContaining(["alice", "bob", "dan"]));
    const { code, said } = await run(roomy, ...revoke("bob"), ...revoke("dan"), ...revoke("bob"));
    expect(code).toBe(0);
    expect(said.filter((message) => message.endsWith("was revoked"))).toEqual([
      `${SEAT}:user:bob was revoked`,
      `${SEAT}:user:dan was revoked`,
    ]);
    expect(roomy.seated()).not.toContain("bob");
    expect(roomy.seated()).not.toContain("dan");
  });

  test("are all tried, and the exit code is that of the first failure", async () => {
    const roomy = await startRoomy();
    const { code, said, log, last } = await run(
      roomy,
      ...revoke("nobody"),
      ...revoke("bob"),
      ...revoke("dan"),
    );
    expect(code).toBe(Code.NotFound);
    expect(said).toContain(`${SEAT}:user:dan was revoked`);
    expect(log.filter(({ level }) => level === "error")).toMatchObject([
      { msg: `revoking ${SEAT}:user:nobody failed` },
      { msg: "the run failed", exit_code: Code.NotFound },
    ]);
    expect(last).toContain("1 of 3 changes failed");
    expect(roomy.seated()).not.toContain("dan");
  });

  test("need the file once: a missing one is one failure", async () => {
    const roomy = await startRoomy();
    const { code, last } = await run(roomy, "-f", "none.c1z", ...revoke("bob"), ...revoke("dan"));
    expect(code).toBe(Code.NotFound);
    expect(last).toContain("none.c1z");
    expect(last).not.toContain("of 2");
  });

  test("may stand in a list of the configuration file", async () => {
    const roomy = await startRoomy();
    await writeFile(join(roomy.cwd, ".baton.yaml"), `revoke-grant: [${SEAT}:user:bob, ${SEAT}:user:dan]\n`);
    expect((await run(roomy)).code).toBe(0);
    expect(roomy.seated()).not.toContain("bob");
    expect(roomy.seated()).not.toContain("dan");
  });

  test("are not taken apart at commas, which ids may hold", async () => {
    const roomy = await startRoomy();
    const { code, last } = await run(roomy, "--revoke-grant=a,b");
    expect(code).toBe(Code.NotFound);
    expect(last).toContain("contains no grant a,b;");
  });
});

describe("several principals", () => {
  test("get the one entitlement", async () => {
    const roomy = await startRoomy();
    await run(roomy, ...revoke("bob"), ...revoke("dan"));
    const { code, said } = await run(roomy, "--grant-entitlement", SEAT, ...to("bob"), ...to("dan"));
    expect(code).toBe(0);
    expect(said).toEqual(
      expect.arrayContaining([`${SEAT} was granted to bob`, `${SEAT} was granted to dan`]),
    );
    expect(roomy.seated()).toEqual(expect.arrayContaining(["bob", "dan"]));
  });

  test("get as many entitlements in the same order", async () => {
    const roomy = await startRoomy();
    const org = "org:roomy:member";
    const pairs = ["--grant-entitlement", org, "--grant-entitlement", SEAT, ...to("bob"), ...to("waiting")];
    const { code, log, said } = await run(roomy, ...pairs, "--grant-principal-type", "user");
    // Membership comes from the git service.
    expect(log.filter(({ level }) => level === "error").map(({ msg }) => msg)).toEqual([
      `granting ${org} to bob failed`,
      "the run failed",
    ]);
    expect(code).not.toBe(0);
    expect(said).toContain(`${SEAT} was granted to waiting`);
  });

  test.each([
    ["fewer", [...to("bob")]],
    ["more", [...to("bob"), ...to("dan"), ...to("alice")]],
  ])("%s than entitlements are a usage error before anything is changed", async (_, principals) => {
    const roomy = await startRoomy();
    roomy.simulator.clearRequests();
    const twice = ["--grant-entitlement", SEAT, "--grant-entitlement", "org:roomy:member"];
    const { code, last } = await run(roomy, ...twice, ...principals);
    expect(code).toBe(2);
    expect(last).toContain(`--grant-principal ${principals.length / 2} times`);
    expect(roomy.simulator.requests).toEqual([]);
  });
});

test("an empty id is refused instead of being taken for none, which would be a sync", async () => {
  const roomy = await startRoomy();
  roomy.simulator.clearRequests();
  const empty = ["--revoke-grant=", "--grant-entitlement=", "--invoke-action=", "--delete-resource="];
  for (const flags of [...empty.map((flag) => [flag]), [...revoke("bob"), "--revoke-grant", ""]]) {
    const { code, last } = await run(roomy, ...flags);
    expect([flags, code]).toEqual([flags, 2]);
    expect(last).toContain("has no value");
  }
  expect(roomy.simulator.requests).toEqual([]);
  expect(roomy.seated()).toContain("bob");
});
