import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { CODECOV, LAUNCHER, startProgram } from "../contract/program.ts";

/** Long enough for Node to open its inspector, which it tells on standard error. */
const OPENING_MS = 500;

const env = {
  BATON_CODECOV_API_TOKEN: "token",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
  // Any port, so that an inspector that is opened does not fail for want of one.
  NODE_OPTIONS: "--inspect-port=0",
};

test.runIf(process.platform !== "win32").each([
  ["the bundle", CODECOV],
  ["the npm package", LAUNCHER],
])("SIGUSR1 opens no inspector and ends nothing (%s)", async (_title, path) => {
  const program = startProgram(["serve", "--listen=127.0.0.1:0", "--plaintext", "--log-format=json"], {
    program: path,
    env,
  });
  await expect.poll(() => program.stderr(), { timeout: 30_000 }).toContain('"serving"');
  program.process.kill("SIGUSR1");
  await sleep(OPENING_MS);
  program.process.kill("SIGTERM");
  const { code, stderr } = await program.result;
  expect(stderr).not.toContain("Debugger listening");
  expect(code).toBe(0);
});
