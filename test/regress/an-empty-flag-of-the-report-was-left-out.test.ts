import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { makeTempDir } from "../unit/store/support.ts";

test.each(["--since", "--previous", "--output", "--format"])(
  "%s without a value, as from an unset variable, is an error and no other report",
  async (flag) => {
    const cwd = await makeTempDir();
    await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "a" }] }]);
    const { code, stdout, stderr } = await runProgram(["report", flag, ""], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${flag} has no value`);
    expect(await readdir(cwd)).toEqual(["sync.c1z"]);
  },
);

test("an empty variable is none, as anywhere else", async () => {
  const cwd = await makeTempDir();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "a" }] }]);
  const { code, stdout } = await runProgram(["report"], { cwd, env: { BATON_SINCE: "", BATON_OUTPUT: "" } });
  expect(code).toBe(0);
  expect(stdout).toContain("Codecov access review");
});
