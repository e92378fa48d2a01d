import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";

// The state `no-seat-count` makes Codecov answer 500 to every change.
test.each([
  ["a grant", ["--grant-entitlement=license:countless:assigned", "--grant-principal=bob"], 9],
  ["an action", ["--invoke-action=enable_user", '--invoke-action-args={"user_id":"bob"}'], undefined],
])("%s that Codecov always answers with 500 is sent twice and not changed", async (_, args, code) => {
  await using simulator = await startCodecovSimulator({ state: "no-seat-count" });
  const cwd = await mkdtemp(join(tmpdir(), "baton-countless-"));
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "countless",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  expect((await runProgram([], { cwd, env })).code).toBe(0);
  const result = await runProgram(["--provisioning", ...args], { cwd, env });
  await rm(cwd, { recursive: true });

  expect(simulator.requests.filter(({ method }) => method === "PATCH")).toHaveLength(2);
  // The last thing that is asked is whether the seat was changed after all.
  expect(simulator.requests.at(-1)?.method).toBe("GET");
  if (code !== undefined) expect(result.code).toBe(code);
  expect(result.code).not.toBe(0);
  expect(result.stderr).toContain("500 Internal Server Error");
});
