import { chmod, lchown, lstat, mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { isRoot, makeDirectory, STRANGER, startCodecov } from "./system.ts";

test("an output that is a link to nothing yet is made where the link leads", async () => {
  const cwd = await makeDirectory();
  const { env } = await startCodecov();
  await mkdir(join(cwd, "volume"));
  await symlink("volume/other", join(cwd, "link.c1z"));
  await symlink("sync.c1z", join(cwd, "volume", "other"));
  expect((await runProgram(["-f", "link.c1z"], { cwd, env })).code).toBe(0);
  await symlink(join(cwd, "volume", "review.csv"), join(cwd, "link.csv"));
  expect((await runProgram(["report", "-f", "link.c1z", "--output=link.csv"], { cwd })).code).toBe(0);

  expect(await readlink(join(cwd, "link.c1z"))).toBe("volume/other");
  expect(await readlink(join(cwd, "volume", "other"))).toBe("sync.c1z");
  expect(await readlink(join(cwd, "link.csv"))).toBe(join(cwd, "volume", "review.csv"));
  expect((await readdir(cwd)).sort()).toEqual(["link.c1z", "link.csv", "volume"]);
  expect((await readdir(join(cwd, "volume"))).sort()).toEqual(["other", "review.csv", "sync.c1z"]);
  expect((await lstat(join(cwd, "volume", "sync.c1z"))).size).toBeGreaterThan(0);
});

test("links without an end, and those that lead out of what exists, are refused before the first request", async () => {
  const cwd = await makeDirectory();
  const { simulator, env } = await startCodecov();
  await symlink("b.c1z", join(cwd, "a.c1z"));
  await symlink("a.c1z", join(cwd, "b.c1z"));
  await symlink("nowhere/x.c1z", join(cwd, "c.c1z"));
  expect((await runProgram(["-f", "a.c1z"], { cwd, env })).code).toBe(9);
  expect((await runProgram(["-f", "c.c1z"], { cwd, env })).code).toBe(9);
  expect(simulator.requests).toEqual([]);
  expect((await readdir(cwd)).sort()).toEqual(["a.c1z", "b.c1z", "c.c1z"]);
});

test.runIf(isRoot)("a link that somebody else has put into a shared directory is not followed", async () => {
  const cwd = await makeDirectory();
  const { simulator, env } = await startCodecov();
  await mkdir(join(cwd, "shared"));
  await mkdir(join(cwd, "target"));
  await chmod(join(cwd, "shared"), 0o1777);
  await symlink("../target/x.c1z", join(cwd, "shared", "sync.c1z"));
  await lchown(join(cwd, "shared", "sync.c1z"), STRANGER, STRANGER);
  expect((await runProgram(["-f", "shared/sync.c1z"], { cwd, env })).code).toBe(7);
  expect(simulator.requests).toEqual([]);
  expect(await readdir(join(cwd, "target"))).toEqual([]);
});
