import { chmod, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { asStranger, isRoot, makeDirectory, startCodecov } from "./system.ts";

const HOLDER = "CREATE TABLE holder (token text, pid integer, host text, workspace text)";

function writeDatabase(path: string, ...statements: readonly string[]): void {
  const db = new DatabaseSync(path);
  for (const statement of statements) db.exec(statement);
  db.close();
}

test.runIf(isRoot).each([
  { what: "a lock that root left", mode: 0o644, isEmpty: false },
  { what: "a lock that nobody else can read", mode: 0o600, isEmpty: false },
  { what: "an empty file of root's", mode: 0o644, isEmpty: true },
])("$what is named, with the code for permissions", async ({ mode, isEmpty }) => {
  const cwd = await makeDirectory();
  const { simulator, env } = await startCodecov();
  const lock = join(cwd, "sync.c1z.lock");
  if (isEmpty) await writeFile(lock, "");
  else writeDatabase(lock, HOLDER, "INSERT INTO holder VALUES ('old', 1, 'elsewhere', '')");
  await chmod(lock, mode);
  await chmod(cwd, 0o777);
  const { code, stderr } = await runProgram([], { cwd, env, within: asStranger() });
  expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining("sync.c1z.lock") });
  expect(simulator.requests).toEqual([]);
  await rm(lock);
  expect((await runProgram([], { cwd, env, within: asStranger() })).code).toBe(0);
});

test("a lock file is never a link: neither to a database nor to nothing", async () => {
  const cwd = await makeDirectory();
  const { env } = await startCodecov();
  writeDatabase(join(cwd, "foreign.db"), "CREATE TABLE notes (text)");
  const before = await readFile(join(cwd, "foreign.db"));
  await symlink("foreign.db", join(cwd, "sync.c1z.lock"));
  await symlink("nowhere.db", join(cwd, "other.c1z.lock"));
  expect((await runProgram([], { cwd, env })).code).toBe(9);
  expect((await runProgram(["-f", "other.c1z"], { cwd, env })).code).toBe(9);
  expect(await readFile(join(cwd, "foreign.db"))).toEqual(before);
  expect((await readdir(cwd)).sort()).toEqual(["foreign.db", "other.c1z.lock", "sync.c1z.lock"]);
});

test.each([
  { what: "another database", statements: ["CREATE TABLE notes (text)"] },
  {
    what: "a lock with a trigger",
    statements: [HOLDER, "CREATE TRIGGER t AFTER INSERT ON holder BEGIN SELECT 1; END"],
  },
  { what: "another table of that name", statements: ["CREATE TABLE holder (token, workspace)"] },
])("$what at the name of the lock is left alone", async ({ statements }) => {
  const cwd = await makeDirectory();
  const { env } = await startCodecov();
  const lock = join(cwd, "sync.c1z.lock");
  writeDatabase(lock, ...statements);
  const before = await readFile(lock);
  const { code, stderr } = await runProgram([], { cwd, env });
  expect({ code, stderr }).toEqual({ code: 9, stderr: expect.stringContaining("sync.c1z.lock") });
  expect(await readFile(lock)).toEqual(before);
});

test("a text at the name of the lock is left alone", async () => {
  const cwd = await makeDirectory();
  const { env } = await startCodecov();
  const text = "remember the milk\n".repeat(100);
  await writeFile(join(cwd, "sync.c1z.lock"), text);
  expect((await runProgram([], { cwd, env })).code).toBe(9);
  expect(await readFile(join(cwd, "sync.c1z.lock"), "utf8")).toBe(text);
});

test("an empty lock of one's own, and one that a killed run left, block nobody", async () => {
  const cwd = await makeDirectory();
  const { env } = await startCodecov();
  await writeFile(join(cwd, "sync.c1z.lock"), "");
  expect((await runProgram([], { cwd, env })).code).toBe(0);
  writeDatabase(join(cwd, "sync.c1z.lock"), HOLDER, "INSERT INTO holder VALUES ('old', 1, 'elsewhere', '')");
  expect((await runProgram([], { cwd, env })).code).toBe(0);
  expect(await readdir(cwd)).toEqual(["sync.c1z"]);
});
