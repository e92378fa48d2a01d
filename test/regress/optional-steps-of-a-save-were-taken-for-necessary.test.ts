import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import {
  asStranger,
  compileShim,
  hasCompiler,
  isRoot,
  makeDirectory,
  STRANGER,
  startCodecov,
} from "./system.ts";

/** Refuses what network shares refuse, as the letters of SHIM say: c(hmod and chown), d(irectories are not flushed), l(ocks). */
const SHIM = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int refuses(char what) { const char *s = getenv("SHIM"); return s && strchr(s, what); }

int fchmod(int fd, mode_t mode) {
  if (refuses('c')) { errno = EPERM; return -1; }
  return ((int (*)(int, mode_t))dlsym(RTLD_NEXT, "fchmod"))(fd, mode);
}
int fchown(int fd, uid_t owner, gid_t group) {
  if (refuses('c')) { errno = EPERM; return -1; }
  return ((int (*)(int, uid_t, gid_t))dlsym(RTLD_NEXT, "fchown"))(fd, owner, group);
}
int fsync(int fd) {
  struct stat st;
  if (refuses('d') && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) { errno = EINVAL; return -1; }
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
static int control(const char *name, int fd, int command, void *argument) {
  if (refuses('l') && (command == F_SETLK || command == F_SETLKW)) { errno = ENOLCK; return -1; }
  return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, name))(fd, command, argument);
}
int fcntl(int fd, int command, ...) {
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
  return control("fcntl", fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
  va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
  return control("fcntl64", fd, command, argument);
}
`;

test.runIf(hasCompiler).each([
  { refused: "modes and owners", letters: "c" },
  { refused: "the flushing of directories", letters: "d" },
  { refused: "locks", letters: "l" },
])("two syncs and a report work on a share that refuses $refused", async ({ letters }) => {
  const cwd = await makeDirectory();
  const shim = compileShim(SHIM, cwd);
  const { env } = await startCodecov();
  await mkdir(join(cwd, "share"));
  const shared = { LD_PRELOAD: shim, SHIM: letters, BATON_TMPDIR: join(cwd, "share") };
  for (const round of [1, 2]) {
    const { code, stderr } = await runProgram(["-f", "share/sync.c1z"], { cwd, env: { ...env, ...shared } });
    expect({ round, code, stderr }).toEqual({ round, code: 0, stderr: expect.any(String) });
    const warnings = stderr.split("\n").filter((line) => line.includes('"warn"') && line.includes("locks"));
    expect(warnings).toHaveLength(letters === "l" ? 1 : 0);
  }
  const reported = ["report", "-f", "share/sync.c1z", "--format=json", "--output=share/r.json"];
  for (const round of [1, 2]) {
    const { code, stderr } = await runProgram(reported, { cwd, env: shared });
    expect({ round, code, stderr }).toEqual({ round, code: 0, stderr: "" });
  }
  expect(JSON.parse(await readFile(join(cwd, "share", "r.json"), "utf8")).summary).toMatchObject({
    members: 52,
    changes: expect.anything(),
  });
  expect((await readdir(join(cwd, "share"))).sort()).toEqual(["r.json", "sync.c1z"]);
});

test.runIf(isRoot)(
  "a directory that may be written to but not listed takes a sync and a report",
  async () => {
    const cwd = await makeDirectory();
    const { env } = await startCodecov();
    await mkdir(join(cwd, "drop"));
    await chmod(join(cwd, "drop"), 0o733);
    const within = asStranger();
    const BATON_TMPDIR = join(cwd, "work");
    await mkdir(BATON_TMPDIR);
    await chown(BATON_TMPDIR, STRANGER, STRANGER);
    const synced = await runProgram(["-f", "drop/sync.c1z"], { cwd, env: { ...env, BATON_TMPDIR }, within });
    expect(synced.code).toBe(0);
    const args = ["report", "-f", "drop/sync.c1z", "--output=drop/r.csv"];
    const { code, stderr } = await runProgram(args, { cwd, env: { BATON_TMPDIR }, within });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await stat(join(cwd, "drop", "r.csv"))).uid).toBe(STRANGER);
  },
);

test("a file without write permission is replaced, as its directory allows", async () => {
  const cwd = await makeDirectory();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann" }] }]);
  await writeFile(join(cwd, "r.csv"), "old");
  await chmod(join(cwd, "r.csv"), 0o400);
  expect((await runProgram(["report", "--output=r.csv"], { cwd })).code).toBe(0);
  expect(await readFile(join(cwd, "r.csv"), "utf8")).toContain("ann");
});
