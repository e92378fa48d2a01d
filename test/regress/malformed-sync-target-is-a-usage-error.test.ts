import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";

// It ended with exit code 3; wrong settings end with 2, as in a Go connector.
test("a malformed --sync-resources ends with exit code 2 and names the flag", async () => {
  const { code, stderr } = await runProgram(["--sync-resources=nonsense"], {
    env: {
      BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
    },
  });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("--sync-resources") });
});
