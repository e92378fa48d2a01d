import { spawnSync } from "node:child_process";
import { link, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODECOV, runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { makeDirectory, startCodecov } from "./system.ts";

const TOKEN = "00000000-0000-4000-8000-000000000000";

async function makeSample(): Promise<{ readonly cwd: string; readonly content: Buffer }> {
  const cwd = await makeDirectory();
  const file = join(cwd, "sync.c1z");
  await writeSample(file, [{ members: [{ username: "ann" }] }]);
  return { cwd, content: await readFile(file) };
}

test.each([
  { how: "by its name", output: "sync.c1z" },
  { how: "by another spelling", output: "../{cwd}/./sync.c1z" },
  { how: "through a symbolic link", output: "soft.html" },
  { how: "through a hard link", output: "hard.html" },
])("a report does not replace the file that it reads, named $how", async ({ output }) => {
  const { cwd, content } = await makeSample();
  await symlink("sync.c1z", join(cwd, "soft.html"));
  await link(join(cwd, "sync.c1z"), join(cwd, "hard.html"));
  const name = output.replace("{cwd}", cwd.split("/").at(-1) ?? "");
  const { code, stderr } = await runProgram(["report", "--output", name], { cwd });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--output") });
  expect(await readFile(join(cwd, "sync.c1z"))).toEqual(content);
  expect((await runProgram(["report"], { cwd })).code).toBe(0);
});

test.each(["C1ZF\0", "C1Z3\0"])(
  "a report replaces no other .c1z file either (%j), and may replace anything else",
  async (magic) => {
    const { cwd } = await makeSample();
    await writeFile(join(cwd, "other.c1z"), `${magic}something`);
    expect(await runProgram(["report", "--output=other.c1z"], { cwd })).toMatchObject({
      code: 2,
      stdout: "",
    });
    expect(await readFile(join(cwd, "other.c1z"), "latin1")).toBe(`${magic}something`);
    await writeFile(join(cwd, "old.html"), "C1");
    expect((await runProgram(["report", "--output=old.html"], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, "old.html"), "utf8")).toMatch(/^<!DOCTYPE html>/);
  },
);

test("a report does not replace the configuration that it reads", async () => {
  const { cwd } = await makeSample();
  const path = join(cwd, ".baton.yaml");
  await writeFile(path, "log-level: warn\n");
  expect((await runProgram(["report", "--output=.baton.yaml", "--format=json"], { cwd })).code).toBe(2);
  expect(await readFile(path, "utf8")).toBe("log-level: warn\n");
});

test.each([
  { what: "the token", flags: ["--codecov-api-token-file=empty", "--file=empty"], variables: {} },
  { what: "a certificate", flags: ["--file=empty"], variables: { SSL_CERT_FILE: "empty" } },
])("a sync is not written over the file of $what, even if that is empty", async ({ flags, variables }) => {
  const cwd = await makeDirectory();
  const { simulator, env } = await startCodecov();
  await writeFile(join(cwd, "empty"), "");
  const { BATON_CODECOV_API_TOKEN: token = "", ...others } = env;
  const given = flags.length > 1 ? others : { ...others, BATON_CODECOV_API_TOKEN: token };
  const { code, stderr } = await runProgram(flags, { cwd, env: { ...given, ...variables } });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--file empty") });
  expect(await readFile(join(cwd, "empty"), "utf8")).toBe("");
  expect(simulator.requests).toEqual([]);
});

test("log lines are appended to no .c1z file, and to no file that the run reads", async () => {
  const { cwd, content } = await makeSample();
  await writeFile(join(cwd, "token"), TOKEN);
  const { env } = await startCodecov();
  const { BATON_CODECOV_API_TOKEN: _, ...others } = env;
  const run = (log: string, file: string) =>
    runProgram([`--log-path=${log}`, `--file=${file}`, "--codecov-api-token-file=token"], {
      cwd,
      env: others,
    });
  expect((await run("sync.c1z", "sync.c1z")).code).toBe(2);
  expect((await run("sync.c1z", "new.c1z")).code).toBe(2);
  expect((await run("token", "new.c1z")).code).toBe(2);
  expect(await readFile(join(cwd, "sync.c1z"))).toEqual(content);
  expect(await readFile(join(cwd, "token"), "utf8")).toBe(TOKEN);
});

test.skipIf(process.platform === "win32").each([
  { how: "appended to", redirection: ">> sync.c1z" },
  { how: "opened for reading and writing", redirection: "1<> sync.c1z" },
  { how: "appended to through a link", redirection: ">> soft.html" },
])("a report is not printed into the file that it reads, $how", async ({ redirection }) => {
  const { cwd, content } = await makeSample();
  await symlink("sync.c1z", join(cwd, "soft.html"));
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", `exec "$0" "$1" report ${redirection}`, process.execPath, CODECOV],
    {
      cwd,
      encoding: "utf8",
    },
  );
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("--file") });
  expect(await readFile(join(cwd, "sync.c1z"))).toEqual(content);
});
