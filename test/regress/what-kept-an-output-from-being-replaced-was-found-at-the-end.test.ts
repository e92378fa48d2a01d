import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { asStranger, canMount, isRoot, makeDirectory, STRANGER, startCodecov, withMounts } from "./system.ts";

test.runIf(canMount)("a target that is a mount point is refused before the first request", async () => {
  const cwd = await makeDirectory();
  const { simulator, env } = await startCodecov();
  await writeFile(join(cwd, "source"), "");
  await mkdir(join(cwd, "out dir"));
  await writeFile(join(cwd, "out dir", "sync.c1z"), "");
  const within = withMounts('mount --bind source "out dir/sync.c1z"');
  const { code, stderr } = await runProgram(["--file", "out dir/sync.c1z"], { cwd, env, within });
  expect({ code, stderr }).toEqual({ code: 9, stderr: expect.stringContaining("mount") });
  expect(simulator.requests).toEqual([]);
  expect(await readdir(join(cwd, "out dir"))).toEqual(["sync.c1z"]);
});

test.runIf(canMount)("a report on a mount point is refused with the same code", async () => {
  const cwd = await makeDirectory();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann" }] }]);
  await writeFile(join(cwd, "source"), "");
  await writeFile(join(cwd, "review.html"), "");
  const within = withMounts("mount --bind source review.html");
  const { code, stderr } = await runProgram(["report", "--output=review.html"], { cwd, within });
  expect({ code, stderr }).toEqual({ code: 9, stderr: expect.stringContaining("mount") });
});

// 255 bytes is the limit of the usual file systems; names of helpers have to fit as well.
test.each([101, 239, 250, 251, 255])("a name of %i bytes works", async (length) => {
  const cwd = await makeDirectory();
  const { env } = await startCodecov();
  const name = (ending: string) => `${"é".repeat(30)}${"x".repeat(length - 60 - ending.length)}${ending}`;
  expect((await runProgram(["-f", name(".c1z")], { cwd, env })).code).toBe(0);
  expect((await runProgram(["report", "-f", name(".c1z"), "--output", name(".csv")], { cwd })).code).toBe(0);
  expect((await readdir(cwd)).sort()).toEqual([name(".c1z"), name(".csv")].sort());
});

test("a longer name is refused before the first request, with its reason", async () => {
  const cwd = await makeDirectory();
  const { simulator, env } = await startCodecov();
  const { code, stderr } = await runProgram(["-f", "x".repeat(256)], { cwd, env });
  expect({ code, stderr }).toEqual({ code: 9, stderr: expect.stringContaining("too long") });
  expect(simulator.requests).toEqual([]);
});

test.runIf(isRoot)(
  "another user's file in a shared directory is refused before the first request",
  async () => {
    const cwd = await makeDirectory();
    const { simulator, env } = await startCodecov();
    await writeFile(join(cwd, "sync.c1z"), "");
    await chmod(join(cwd, "sync.c1z"), 0o666);
    await chmod(cwd, 0o1777);
    const { code, stderr } = await runProgram([], { cwd, env, within: asStranger() });
    expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining("sync.c1z") });
    expect(simulator.requests).toEqual([]);
    await chown(join(cwd, "sync.c1z"), STRANGER, STRANGER);
    expect((await runProgram([], { cwd, env, within: asStranger() })).code).toBe(0);
  },
);

test.runIf(canMount)(
  "a report on a full disk, or one that is read-only, has its code and says what to do",
  async () => {
    const cwd = await makeDirectory();
    const members = Array.from({ length: 200 }, (_, index) => ({ username: `member${index}` }));
    await writeSample(join(cwd, "sync.c1z"), [{ members }]);
    await mkdir(join(cwd, "out"));
    const full = withMounts("mount -t tmpfs -o size=8k tmpfs out; echo old > out/r.html");
    const written = await runProgram(["report", "--output=out/r.html"], { cwd, within: full });
    expect(written).toMatchObject({ code: 8, stdout: "" });
    expect(written.stderr).toMatch(/^[^\n]*out\/r\.html[^\n]*space[^\n]*\n$/);
    const readOnly = withMounts("mount -t tmpfs -o ro tmpfs out");
    const refused = await runProgram(["report", "--output=out/r.html"], { cwd, within: readOnly });
    expect(refused).toMatchObject({ code: 7, stdout: "" });
    expect(refused.stderr).toMatch(/^[^\n]*out\/r\.html[^\n]*\n$/);
  },
);

test.runIf(isRoot)("a report in a directory without write access has the code of that", async () => {
  const cwd = await makeDirectory();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann" }] }]);
  await chmod(join(cwd, "sync.c1z"), 0o644);
  await writeFile(join(cwd, "r.csv"), "old");
  const result = await runProgram(["report", "--output=r.csv"], { cwd, within: asStranger() });
  expect(result).toMatchObject({ code: 7, stdout: "", stderr: expect.stringContaining("r.csv") });
  expect(await readFile(join(cwd, "r.csv"), "utf8")).toBe("old");
});
