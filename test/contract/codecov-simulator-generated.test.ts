import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { IdSet } from "../fakes/codecov/id-set.ts";
import { Roster } from "../fakes/codecov/roster.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { callSimulator, type UserRow } from "./simulator-client.ts";

const USERS = "/github/acme/users/";

describe("a roster", () => {
  const range = { first: 1001, length: 100 };
  const id = fc.oneof(fc.integer({ min: 1001, max: 1100 }), fc.integer({ min: 1, max: 2000 }));

  it("lists every member and seat holder once, in the order of the ids, whatever part is asked for", () => {
    const ids = fc.array(id, { maxLength: 120 });
    const position = fc.nat(260);
    fc.assert(
      fc.property(ids, ids, position, position, (members, seats, from, to) => {
        const roster = new Roster(new IdSet(range, members), new IdSet(range, seats));
        const expected = [...new Set([...members, ...seats])].sort((a, b) => a - b);
        expect(roster.count).toBe(expected.length);
        expect([...roster.ids()]).toEqual(expected);
        expect([...roster.ids(from, to)]).toEqual(expected.slice(from, to));
        expect(expected.every((listed) => roster.has(listed))).toBe(true);
      }),
    );
  });
});

describe("a generated organization", () => {
  it.each([0, 1, 19, 20, 21, 999, 1000, 1001, 100_000])("of %d members has as many rows", async (members) => {
    await using simulator = await startCodecovSimulator({ generated: { members } });
    const { body } = await callSimulator(simulator, `${USERS}?page_size=${members + 1}`);
    expect(body.count).toBe(members);
    expect(new Set(body.results.map(({ username }) => username)).size).toBe(members);
  });

  it("shows the same people in lists, by login, by id, filtered and searched", async () => {
    await using simulator = await startCodecovSimulator({ generated: { members: 3000 } });
    const { body: all } = await callSimulator(simulator, `${USERS}?page_size=3000`);
    const { body: page } = await callSimulator(simulator, `${USERS}?page_size=7&page=100`);
    expect(page.results).toEqual(all.results.slice(693, 700));
    for (const i of [1, 53, 101, 1001, 3000]) {
      const name = `member-${String(i).padStart(7, "0")}`;
      const { body: byLogin } = await callSimulator<UserRow>(simulator, `${USERS}${name.toUpperCase()}`);
      const { body: byId } = await callSimulator<UserRow>(simulator, `${USERS}${1000 + i}`);
      const { body: found } = await callSimulator(simulator, `${USERS}?search=${name}`);
      expect([byLogin, byId, ...found.results]).toEqual(Array(3).fill(all.results[i - 1]));
    }
    const { body: seated } = await callSimulator(simulator, `${USERS}?activated=true&page_size=1`);
    expect(seated.count).toBe(all.results.filter(({ activated }) => activated).length);
    const { body: admins } = await callSimulator(simulator, `${USERS}?is_admin=true`);
    expect(admins.results).toEqual(all.results.filter(({ is_admin }) => is_admin));
  });

  it("follows leavers, joiners, renames and seat changes in the middle of the list", async () => {
    await using simulator = await startCodecovSimulator({ generated: { members: 2000 } });
    const query = `${USERS}?page_size=5&page=201`;
    const list = async (): Promise<(string | null)[]> =>
      (await callSimulator(simulator, query)).body.results.map(({ username }) => username);
    expect(await list()).toEqual([1001, 1002, 1003, 1004, 1005].map((i) => `member-000${i}`));
    simulator.change(
      { op: "leave", org: "acme", ownerid: 1001 + 5 },
      { op: "leave", org: "acme", ownerid: 1001 + 1003 },
      { op: "rename", ownerid: 1001 + 1004, username: "Zoë" },
      { op: "add-owner", ownerid: 50, service: "github", username: "early", name: null, email: null },
      { op: "join", org: "acme", ownerid: 50 },
    );
    expect(await list()).toEqual([
      "member-0001001",
      "member-0001002",
      "member-0001003",
      "Zoë",
      "member-0001006",
    ]);
    simulator.change({ op: "set-seat", org: "acme", ownerid: 1001 + 1001, activated: true });
    expect((await callSimulator(simulator, query)).body.results[1]).toMatchObject({ activated: true });
  });
});

describe("the simulator as a program", () => {
  let child: ChildProcessWithoutNullStreams | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  it("prints one line, is steered by its control addresses, and ends on SIGTERM", async () => {
    const program = fileURLToPath(new URL("../fakes/codecov/main.ts", import.meta.url));
    child = spawn(process.execPath, [program, "--members", "1000", "--owner", "big"]);
    const [line] = await once(createInterface(child.stdout), "line");
    const { url, baseUrl, token, tokens, owner } = JSON.parse(String(line));
    const target = { baseUrl, tokens };
    const control = { tokens, baseUrl: `${url}/_sim` };
    const post = (path: string, body: unknown): Promise<{ status: number }> =>
      callSimulator(control, path, { method: "POST", body: JSON.stringify(body) });
    expect([token, owner]).toEqual([tokens["admin-token"], "big"]);

    await post("/changes", { op: "leave", org: "big", ownerid: 1002 });
    await post("/faults", [{ skip: 1, fault: { kind: "answer", status: 503, json: {} } }]);
    expect((await callSimulator(target, "/github/big/users/")).body.count).toBe(999);
    expect((await callSimulator(target, "/github/big/users/")).status).toBe(503);
    const { body: requests } = await callSimulator<unknown[]>(control, "/requests");
    expect(requests).toEqual([
      expect.objectContaining({ method: "GET", path: "/api/v2/github/big/users/", status: 200 }),
      expect.objectContaining({ method: "GET", path: "/api/v2/github/big/users/", status: 503 }),
    ]);
    await callSimulator(control, "/requests", { method: "DELETE" });
    const { body: counters } = await callSimulator<{ requests: number }>(control, "/counters");
    expect(counters.requests).toBe(0);
    expect((await post("/faults", { fault: { kind: "unknown" } })).status).toBe(400);
    const { body: organizations } = await callSimulator(control, "/organizations");
    expect(organizations).toEqual([{ username: "big", listed: 999, seats: 667, admins: 1 }]);

    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("serves generated repositories at a given time, and tells what reading them caused", async () => {
    const program = fileURLToPath(new URL("../fakes/codecov/main.ts", import.meta.url));
    const coverage = [
      "--repositories",
      "7",
      "--days",
      "3",
      "--private-every",
      "7",
      "--now",
      "2026-03-04T12:00:00Z",
    ];
    child = spawn(process.execPath, [program, "--members", "5", ...coverage]);
    const [line] = await once(createInterface(child.stdout), "line");
    const { url, baseUrl, tokens } = JSON.parse(String(line));
    const repos = "/github/acme/repos/";
    expect((await callSimulator({ baseUrl, tokens }, repos)).body.count).toBe(7);
    const path = `${repos}repo-00007/coverage/?interval=1d`;
    const { body } = await callSimulator<{ count: number; results: readonly { timestamp: string }[] }>(
      { baseUrl, tokens },
      path,
      { token: "unseated-token" },
    );
    expect([body.count, body.results.at(-1)?.timestamp]).toEqual([3, "2026-03-04T00:00:00Z"]);
    const control = { tokens, baseUrl: `${url}/_sim` };
    expect((await callSimulator<unknown>(control, "/effects")).body).toEqual({ seats_added: [1002] });
    await callSimulator(control, "/effects", { method: "DELETE" });
    expect((await callSimulator<unknown>(control, "/effects")).body).toEqual({});
  });
});
