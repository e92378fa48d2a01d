import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refuseDynamicImport } from "#package/tools/bundle.ts";
import { CODECOV, runProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

/** Runs the bundle as the executable does: compiled with `node:vm`, where `import()` fails. */
const COMPILED = `
  const { readFileSync } = require("node:fs");
  const { createRequire, wrap } = require("node:module");
  const { Script } = require("node:vm");
  const script = new Script(wrap(readFileSync(process.env.BUNDLE, "latin1")), { filename: "baton-codecov.cjs" });
  script.runInThisContext()({}, createRequire(process.env.BUNDLE), {}, process.env.BUNDLE, process.cwd());
`;

let cwd: string;
let simulator: CodecovSimulator;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-compiled-"));
  simulator = await startCodecovSimulator();
});
afterAll(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

test("a token from a file reads the roster in compiled code", async () => {
  const program = join(cwd, "compiled.cjs");
  await writeFile(program, COMPILED);
  await writeFile(join(cwd, "token"), simulator.tokens["admin-token"] ?? "");
  const result = await runProgram(["--codecov-api-token-file=token"], {
    program,
    cwd,
    env: {
      BUNDLE: CODECOV,
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
  });
  expect(result, result.stderr).toMatchObject({ code: 0, signal: null });
  expect(result.stderr).toContain('"members":52');
});

test("what goes into the executable holds no import()", async () => {
  const source = await readFile(CODECOV, "utf8");
  expect(() => refuseDynamicImport(source, CODECOV)).not.toThrow();
});

test.each(['await import("node:fs/promises")', "return import(name)", "x=()=>import (x)"])(
  "the build refuses %s",
  (source) => expect(() => refuseDynamicImport(source, "a.cjs")).toThrow("a.cjs"),
);

test.each(["loader.import(name)", "reimport(name)", "$import(name)"])(
  "the build takes %s, which is an ordinary call",
  (source) => expect(() => refuseDynamicImport(source, "a.cjs")).not.toThrow(),
);
