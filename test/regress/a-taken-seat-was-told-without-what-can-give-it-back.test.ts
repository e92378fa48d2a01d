import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { hasTerminal, runAtTerminal } from "../contract/terminal.ts";
import { SEAT, startRoomy } from "./roomy.ts";

const REVOKE = ["--revoke-grant", `${SEAT}:user:bob`];
const DISABLE = ["--invoke-action=disable_user", '--invoke-action-args={"user_id":"bob"}'];

describe.runIf(hasTerminal)("at a terminal", () => {
  test("a revoked seat is followed by what the reviewer must know", async () => {
    const roomy = await startRoomy();
    const { code, lines } = await runAtTerminal([...REVOKE, "--revoke-grant", `${SEAT}:user:dan`], roomy);
    expect(code).toBe(0);
    expect(lines).toEqual([
      `${SEAT}:user:bob was revoked`,
      `${SEAT}:user:dan was revoked`,
      expect.stringMatching(/^note: .*auto-activation.* gives the seat back/),
      expect.stringMatching(/^note: sync\.c1z .*after the next sync$/),
    ]);
  });

  test("so is one that an action took", async () => {
    const roomy = await startRoomy();
    const { lines } = await runAtTerminal(DISABLE, roomy);
    expect(lines.at(-1)).toMatch(/^note: .*auto-activation/);
  });

  test("nothing is told of what had been revoked before", async () => {
    const roomy = await startRoomy();
    await runProgram(REVOKE, roomy);
    expect((await runAtTerminal(REVOKE, roomy)).lines).toEqual([`${SEAT}:user:bob had already been revoked`]);
  });

  test.each([
    ["a log in a file", ["--log-path=log"], "xterm"],
    ["a log level", ["--log-level=info"], "xterm"],
    ["no escape codes", [], "dumb"],
    ["a log in JSON", ["--log-format=json"], "xterm"],
  ])("it is seen with %s as well", async (_, flags, TERM) => {
    const roomy = await startRoomy();
    const { code, lines } = await runAtTerminal([...REVOKE, ...flags], {
      ...roomy,
      env: { ...roomy.env, TERM },
    });
    expect(code).toBe(0);
    const screen = lines.join("\n");
    expect(screen).toContain("bob was revoked");
    expect(screen).toContain("auto-activation");
    expect(screen).toContain("after the next sync");
  });
});

test.each(["json", "console"])("the note is in the line of the change in a log in %s", async (format) => {
  const roomy = await startRoomy();
  await runProgram([...REVOKE, `--log-format=${format}`, "--log-path=log"], roomy);
  const log = (await readFile(join(roomy.cwd, "log"), "utf8")).split("\n");
  const line = log.find((text) => text.includes("bob was revoked"));
  expect(line).toContain("auto-activation");
  expect(line).toContain("after the next sync");
});
