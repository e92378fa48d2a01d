import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";

const WAITING = "waiting before the next attempt";

test("connector and host tell a wait in the same, documented words, with cause, attempt and time", async () => {
  await using simulator = await startCodecovSimulator();
  const cwd = await mkdtemp(join(tmpdir(), "baton-waiting-"));
  // Four attempts of the check before the sync, which is then repeated.
  simulator.faults.add({ path: "/users/", times: 4, fault: { kind: "answer", status: 503 } });
  // Four attempts each of two listings that ask for the organization side by side, which the host then repeats.
  simulator.faults.add({ path: "/github/acme/$", times: 8, fault: { kind: "answer", status: 503 } });
  const { code, stderr } = await runProgram([], {
    cwd,
    env: {
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
  });
  await rm(cwd, { recursive: true });
  expect(code, stderr).toBe(0);
  const lines: Record<string, unknown>[] = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const waits = lines.filter((line) => "wait_ms" in line || /again|waiting/.test(String(line["msg"])));
  for (const line of waits) {
    expect(line).toMatchObject({
      level: "warn",
      msg: WAITING,
      attempt: expect.any(Number),
      wait_ms: expect.any(Number),
      until: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      code: "Unavailable",
      error: expect.stringContaining("503"),
    });
  }
  const whats = waits.map(({ what }) => String(what));
  expect(whats).toContain("GET /api/v2/github/acme/");
  expect(whats).toContain("checking the settings");
  expect(whats).toContainEqual(expect.stringMatching(/^listing /));
});

test("the operating guide has these words", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/operating.md"), "utf8");
  expect(guide).toContain(`| \`${WAITING}\``);
});
