import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";

// It ended with "--ticketing is not supported", although nobody had asked for a ticket.
test("BATON_TICKETING in the settings of all connectors does not keep this one from starting", async () => {
  const { code, stderr } = await runProgram(["--client-id=not-an-id"], {
    env: {
      BATON_TICKETING: "true",
      BATON_CLIENT_SECRET: "secret",
      BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
    },
  });
  // What it stumbles over is the next thing that is wrong.
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("client id") });
  expect(stderr).not.toContain("ticketing");
});
