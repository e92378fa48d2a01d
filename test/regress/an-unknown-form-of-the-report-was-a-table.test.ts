import { spawnSync } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODECOV, runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { makeDirectory } from "./system.ts";

async function makeScene(): Promise<string> {
  const cwd = await makeDirectory();
  const members = Array.from({ length: 2_000 }, (_, index) => ({ username: `member-${index}` }));
  await writeSample(join(cwd, "sync.c1z"), [{ members }]);
  return cwd;
}

test.each(["x.pdf", "x.xlsx", "x.md", "x.htm.gz", "x.constructor"])(
  "a report named %s is refused with the forms that exist",
  async (output) => {
    const cwd = await makeScene();
    const { code, stdout, stderr } = await runProgram(["report", "--output", output], { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    for (const form of [".html", ".csv", ".json", ".txt", "--format table|json|csv|html"]) {
      expect(stderr).toContain(form);
    }
    await expect(access(join(cwd, output))).rejects.toThrow();
  },
);

test("any name will do if the form is said", async () => {
  const cwd = await makeScene();
  const { code } = await runProgram(["report", "--output=x.pdf", "--format=csv"], { cwd });
  expect(code).toBe(0);
  expect(await readFile(join(cwd, "x.pdf"), "utf8")).toMatch(/^\ufefforganization,/);
});

// A shell with pipefail shows the code of the program; 2 would look like a wrong setting.
test.each([["report"], ["report --format=json"], ["--help"], ["config --sample"]])(
  "%s | head is no error of the settings",
  async (words) => {
    const cwd = await makeScene();
    const script = `set -o pipefail; "$0" "$1" ${words} | (exec head -n 1 >/dev/null)`;
    const { status, stderr } = spawnSync("bash", ["-c", script, process.execPath, CODECOV], {
      cwd,
      encoding: "utf8",
    });
    expect([0, 141]).toContain(status);
    expect(stderr).toBe("");
  },
);
