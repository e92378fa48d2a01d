import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CODECOV, TOY } from "../contract/program.ts";

const directory = mkdtempSync(join(tmpdir(), "baton-faults-"));
afterAll(() => rmSync(directory, { recursive: true }));

const env = {
  ...process.env,
  BATON_TOY_TOKEN: "toy",
  BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
  BATON_CODECOV_BASE_URL: "http://127.0.0.1:9",
};

/** Runs a program from a shell that has done `before`. */
function run(before: string, program: string, ...args: string[]) {
  const script = `${before} && exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script, process.execPath, program, ...args], {
    cwd: directory,
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { code: status, stdout, stderr };
}

// Node itself needs about twenty descriptors.
const LIMITS = [22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32];

test.skipIf(process.platform === "win32").each(LIMITS)(
  "a limit of %i open files is named, or does not matter",
  (limit) => {
    const { code, stderr } = run(`ulimit -n ${limit}`, CODECOV, "--max-wait=1s", `--file=${limit}.c1z`);
    // Codecov is away, which is what comes next.
    if (code === 14) return;
    // A connector that cannot connect must not be taken for one that asks for patience, which is what 8 means there.
    expect([8, 9]).toContain(code);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^[^{]*ulimit -n/);
  },
);

const inGoneDirectory = "mkdir gone && cd gone && rmdir ../gone";

test.skipIf(process.platform === "win32").each([["capabilities"], ["--help"], ["completion", "bash"]])(
  "%s works although the current directory is gone",
  (...args) => {
    const { code, stdout, stderr } = run(inGoneDirectory, CODECOV, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toBe("");
  },
);

test
  .skipIf(process.platform === "win32")
  .each([["report"], ["--log-level=error"], ["--file=x.c1z"], ["serve", "--plaintext"]])(
  "%s says that the current directory is gone",
  (...args) => {
    const { code, stderr } = run(inGoneDirectory, CODECOV, ...args);
    expect(code).toBe(9);
    expect(stderr).toMatch(/^[^\n]*current directory[^\n]*\n$/);
  },
);

test.skipIf(process.platform === "win32").each([
  ["nodir/it.sock", "nodir"],
  [`${"long".repeat(30)}.sock`, "bytes"],
])("serve says what is wrong with the socket %s", (path, reason) => {
  const { code, stderr } = run("true", TOY, "serve", "--plaintext", `--listen=unix:${join(directory, path)}`);
  expect(code).toBe(9);
  expect(stderr).toContain(reason);
  expect(stderr).not.toMatch(/EACCES|EINVAL/);
});
