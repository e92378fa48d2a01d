import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { makeDirectory, startCodecov } from "./system.ts";

// Node itself needs some twenty descriptors, and a sync ten more. What was one too many in the middle of it is a file of SQLite.
const LIMITS = [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

test.skipIf(process.platform === "win32")(
  "a sync that may open too few files says so, wherever in it that strikes",
  { timeout: 120_000 },
  async () => {
    const { env } = await startCodecov();
    const cwd = await makeDirectory();
    for (const limit of LIMITS) {
      const within = ["sh", "-c", `ulimit -n ${limit} && exec "$@"`, "sh"];
      const { code, stderr } = await runProgram([`--file=${limit}.c1z`], { cwd, env, within });
      if (code === 0) continue;
      // 9 if it cannot connect: a connector's 8 asks for patience.
      expect([8, 9], `${limit}: ${stderr}`).toContain(code);
      expect(stderr.trimEnd().split("\n").at(-1)).toContain("ulimit -n");
      expect(stderr).not.toContain("unable to open database file");
    }
  },
);
