import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODECOV } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";

/** The `script` of util-linux, which runs a command at a terminal. */
const hasScript =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

test.runIf(hasScript).each([
  ["dumb", false],
  ["xterm", true],
])("escape codes of a sync at a terminal of type %s: %s", async (type, expected) => {
  await using simulator = await startCodecovSimulator();
  const cwd = await mkdtemp(join(tmpdir(), "baton-dumb-"));
  const child = spawn("script", ["-qec", `"${process.execPath}" "${CODECOV}"`, "/dev/null"], {
    cwd,
    env: {
      ...process.env,
      TERM: type,
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  await rm(cwd, { recursive: true });
  expect(code).toBe(0);
  expect(screen).toContain("sync.c1z");
  expect(screen.includes("\u001b")).toBe(expected);
});
