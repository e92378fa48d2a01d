import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";

test("each of several wrong settings has a line of its own", async () => {
  const { code, stderr } = await runProgram(["--codecov-service", "cvs"]);
  expect(code).toBe(2);
  const [first, ...problems] = stderr.trimEnd().split("\n");
  expect(first).toBe("errors found:");
  expect(problems.length).toBeGreaterThanOrEqual(2);
  expect(problems.every((line) => line.startsWith("  "))).toBe(true);
  for (const flag of ["codecov-owner", "codecov-service"]) {
    expect(problems.filter((line) => line.includes(flag))).toHaveLength(1);
  }
});
