import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProgramResult } from "../contract/program.ts";
import { CASES, type Case } from "./cases.ts";
import { Scene } from "./scene.ts";

const name = process.platform === "win32" ? "baton-codecov.exe" : "baton-codecov";
const EXECUTABLE = join(import.meta.dirname, "..", "..", "build", name);

let scene: Scene;
beforeAll(async () => {
  if (!existsSync(EXECUTABLE)) throw new Error(`${EXECUTABLE} is missing: run npm run build first`);
  scene = await Scene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

test.each(CASES)("$what", async (given) => {
  scene.codecov.clearRequests();
  const result = await run(given);
  expect(result, result.stderr).toMatchObject({ code: given.code ?? 0, signal: null });
  await given.check?.(result, scene);
});

async function run({
  command,
  words = [],
  flags = {},
  env = {},
  until,
  meanwhile,
}: Case): Promise<ProgramResult> {
  const given = Object.entries(flags).map(
    ([flag, value]) => `--${flag}=${typeof value === "string" ? value : value(scene)}`,
  );
  const inherited = Object.entries(process.env).filter(([variable]) => !variable.startsWith("BATON_"));
  const child = spawn(EXECUTABLE, [...given, ...(command?.split(" ") ?? []), ...words], {
    env: { ...Object.fromEntries(inherited), ...scene.settings(), ...env },
    cwd: scene.directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const result = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  if (until === undefined) return await result;
  try {
    await expect.poll(() => stderr, { timeout: 20_000 }).toMatch(until);
    const found = until.exec(stderr);
    if (found !== null) await meanwhile?.(found, scene);
  } finally {
    child.kill("SIGTERM");
  }
  return await result;
}
