import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { runProgram } from "./program.ts";

let simulator: CodecovSimulator;
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-access-"));
});
afterAll(() => rm(cwd, { recursive: true }));
beforeEach(async () => {
  simulator = await startCodecovSimulator();
});
afterEach(() => simulator.close());

/** Runs the program to its end, against the simulated organization and a file of its own. */
async function run(file: string, ...args: string[]) {
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const { code, stderr } = await runProgram(["-f", file, ...args], { cwd, env });
  const lines = stderr.trimEnd().split("\n");
  const logs = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { code, logs, last: lines.at(-1) };
}

/** Number of grants in a file per entitlement. */
async function countGrants(file: string): Promise<Record<string, number>> {
  await using stored = await openC1zReadOnly(join(cwd, file));
  const latest = stored.runs.pick();
  const reader = stored.reader(latest.id);
  const counts: Record<string, number> = {};
  for (const { entitlement } of everyItem((page) => reader.listGrants({}, page))) {
    const id = entitlement?.id ?? "";
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

const ORG = { "org:Acme:member": 52, "org:Acme:admin": 4 };
const LICENSE = { "license:Acme:assigned": 30 };

test("a full sync holds who is member, admin and seat holder, from two walks over the roster", async () => {
  expect((await run("full.c1z")).code).toBe(0);
  expect(await countGrants("full.c1z")).toEqual({ ...ORG, ...LICENSE });
  const walks = simulator.requests.filter(({ path }) => path.includes("/users/?page=1&page_size=10000"));
  expect(walks).toHaveLength(2);
  // Two for the validation, two for each walk, the organization's name, the number of seats.
  expect(simulator.requests).toHaveLength(8);
});

test.each([
  ["user,license", LICENSE],
  ["user,org", ORG],
])("a sync of the types %s holds all their grants and nothing else", async (types, expected) => {
  const { code, logs } = await run(`${types}.c1z`, "--sync-resource-types", types);
  expect(code).toBe(0);
  expect(await countGrants(`${types}.c1z`)).toEqual(expected);
  expect(logs.filter(({ grantsOfUnsyncedTypes }) => grantsOfUnsyncedTypes !== undefined)).toEqual([]);
});

test.each([
  ["license", LICENSE],
  ["org", ORG],
])("a targeted sync of the %s holds all its grants", async (type, expected) => {
  const { code } = await run(`one-${type}.c1z`, "--sync-resources", `bid:r:${type}/Acme`);
  expect(code).toBe(0);
  expect(await countGrants(`one-${type}.c1z`)).toEqual(expected);
});

test("grants to somebody who joined after the users were read are counted and logged", async () => {
  simulator.faults.add({
    path: "page=last",
    fault: {
      kind: "change",
      changes: [
        {
          op: "add-owner",
          ownerid: 9_000,
          service: "github",
          username: "newcomer",
          name: null,
          email: null,
        },
        { op: "join", org: "Acme", ownerid: 9_000 },
      ],
    },
  });
  const { code, logs } = await run("joined.c1z");
  expect(code).toBe(0);
  expect(logs.filter(({ msg }) => msg === "grants are to principals that were not listed")).toMatchObject([
    { level: "warn", count: 1, examples: ["org:Acme:member:user:newcomer"] },
  ]);
});

test("granting admin is refused with the place where it can be changed, and changes nothing", async () => {
  expect((await run("grant.c1z")).code).toBe(0);
  const grant = ["--grant-entitlement=org:Acme:admin", "--grant-principal=bob"];
  const { code, last } = await run("grant.c1z", "--provisioning", ...grant);
  expect(code).toBe(9);
  expect(last).toMatch(/Codecov's API cannot change who is an admin; .* git service/);
  expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
});
