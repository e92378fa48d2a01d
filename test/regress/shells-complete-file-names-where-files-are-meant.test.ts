import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-completion-"));
  await writeFile(join(cwd, "my file.c1z"), "");
  await writeFile(join(cwd, "any*name"), "");
  await mkdir(join(cwd, "my dir"));
});
afterAll(() => rm(cwd, { recursive: true }));

/** What bash offers for the last of the words. */
async function complete(...words: string[]): Promise<string[]> {
  const { stdout } = await runProgram(["completion", "bash"], { cwd });
  await writeFile(join(cwd, ".completion"), stdout);
  const script = `source .completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _baton_codecov
    for reply in "\${COMPREPLY[@]}"; do printf '%s\\n' "$reply"; done`;
  const result = spawnSync("bash", ["-c", script, "bash", "baton-codecov", ...words], {
    cwd,
    encoding: "utf8",
  });
  return result.stdout.split("\n").filter((line) => line !== "");
}

test.each([
  ["--file"],
  ["-f"],
  ["--output"],
  ["--log-path"],
  ["--tls-key-path"],
  ["--codecov-api-token-file"],
])("file names behind %s stay whole", async (flag) => {
  expect((await complete(flag, "my")).toSorted()).toEqual(["my dir", "my file.c1z"]);
  expect((await complete(flag, "=", "my")).toSorted()).toEqual(["my dir", "my file.c1z"]);
  expect(await complete(flag, "any")).toEqual(["any*name"]);
});

test.each([["--codecov-owner"], ["--client-secret"], ["--listen"], ["--workers"], ["--log-level"]])(
  "no files are offered behind %s",
  async (flag) => {
    expect(await complete(flag, "my")).toEqual([]);
    expect(await complete(flag, "=", "my")).toEqual([]);
  },
);

test("fixed values are offered", async () => {
  expect(await complete("--log-level", "")).toEqual(["debug", "info", "warn", "error"]);
  expect(await complete("--log-format", "=")).toEqual(["json", "console"]);
});

test("bash itself offers no files where the script offers none", async () => {
  const { stdout } = await runProgram(["completion", "bash"], { cwd });
  expect(stdout).not.toMatch(/^complete .*-o (default|bashdefault)/m);
});

test("zsh and fish offer files for the same flags", async () => {
  const zsh = (await runProgram(["completion", "zsh"], { cwd })).stdout;
  expect(zsh).toMatch(/--file\[.*:_files'$/m);
  expect(zsh).toMatch(/--codecov-owner\[.*:value:'$/m);
  const fish = (await runProgram(["completion", "fish"], { cwd })).stdout;
  expect(fish).toMatch(/ -l file -s f -r -F /);
  expect(fish).toMatch(/ -l codecov-owner -x /);
});
