import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { type SampleMember, writeSample } from "../unit/report/sample-file.ts";
import { makeTempDir } from "../unit/store/support.ts";

interface Row {
  readonly id: string;
  readonly changes: readonly string[];
  readonly possibly_same_as: string | null;
  readonly name_before: string | null;
  readonly email_before: string | null;
  readonly seat_before: boolean | null;
}

/** The changes from one roster to another, and their numbers. */
async function compare(before: readonly SampleMember[], now: readonly SampleMember[]) {
  const cwd = await makeTempDir();
  await writeSample(join(cwd, "sync.c1z"), [{ members: before }, { members: now }]);
  const run = async (...args: string[]) => (await runProgram(["report", ...args], { cwd })).stdout;
  const { changes, summary } = JSON.parse(await run("--format=json"));
  return {
    rows: changes as Row[],
    counts: summary.changes,
    table: await run(),
    csv: await run("--format=csv"),
  };
}

test("a new name and a new address are changes, and tell what was there before", async () => {
  const { rows, counts, table, csv } = await compare(
    [
      { username: "ann", name: "Ann", email: "old@example.com" },
      { username: "bob", name: null },
      { username: "cid" },
    ],
    [
      { username: "ann", name: "Ann Other", email: "new@example.com" },
      { username: "bob", name: "Bob" },
      { username: "cid" },
    ],
  );
  expect(rows).toMatchObject([
    {
      id: "ann",
      changes: ["name_changed", "email_changed"],
      name_before: "Ann",
      email_before: "old@example.com",
    },
    { id: "bob", changes: ["name_changed"], name_before: null },
  ]);
  expect(counts).toMatchObject({ members_changed: 2, name_changed: 2, email_changed: 1, joined: 0, left: 0 });
  expect(table).toContain("name changed: Ann → Ann Other, e-mail changed: old@example.com → new@example.com");
  expect(table).toContain("name changed: none → Bob");
  expect(csv).toContain("name_changed email_changed");
});

const account: SampleMember = { username: "bob", name: "Bob Haas", email: "bob@example.com" };

/** As Codecov leaves an account that it has begun to delete. */
const deleted: SampleMember = {
  username: "~to_be_deleted~deleted_user_1029",
  service: "to_be_deleted",
  name: "[DELETED_USER_1029]",
  email: "deleted_1029@deleted.codecov.io",
};
const id = deleted.username ?? "";

test.each<[string, readonly SampleMember[], readonly SampleMember[]]>([
  ["nothing else changes", [account], [deleted]],
  [
    "somebody without a seat leaves",
    [account, { username: "cid", activated: false }],
    [deleted, { username: "new" }],
  ],
  [
    "somebody with a seat is renamed",
    [account, { username: "old", email: "x@example.com" }],
    [deleted, { username: "new", email: "x@example.com" }],
  ],
  ["the address stays", [account, { username: "cid" }], [{ ...deleted, email: "bob@example.com" }]],
])("an account that Codecov begins to delete is one line if %s", async (_, before, now) => {
  const { rows, counts, table } = await compare(before, now);
  expect(rows.filter((row) => [id, "bob"].includes(row.id))).toMatchObject([
    {
      id,
      changes: ["being_deleted"],
      possibly_same_as: "bob",
      name_before: "Bob Haas",
      email_before: "bob@example.com",
      seat_before: true,
    },
  ]);
  expect(counts.being_deleted).toBe(1);
  expect(counts.members_before + counts.joined - counts.left).toBe(now.length);
  expect(table.replace(/\s+/g, " ")).toContain(
    "being deleted, most likely bob before (Bob Haas, bob@example.com)",
  );
});

test("which account is being deleted is not guessed where several come into question", async () => {
  const { rows, counts } = await compare([account, { username: "cid" }], [deleted]);
  expect(rows.map((row) => [row.id, row.changes.join(), row.possibly_same_as])).toEqual([
    ["bob", "left", null],
    ["cid", "left", null],
    [id, "being_deleted", null],
  ]);
  expect(counts).toMatchObject({ joined: 0, left: 2, being_deleted: 1 });
});

test("an account that was being deleted before is no change, and its end is one", async () => {
  const still = await compare([deleted], [deleted]);
  expect(still.rows).toEqual([]);
  const gone = await compare([deleted, account], [account]);
  expect(gone.rows).toMatchObject([{ id, changes: ["left"], possibly_same_as: null }]);
});
