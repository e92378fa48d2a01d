import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { OwnerPage, RosterPage } from "#codecov/api/schemas.ts";
import { reportTokenOwner, TokenOwner } from "#codecov/resources/token-owner.ts";
import { systemClock } from "#kernel/clock.ts";
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type LogLine, makeRecorder } from "../unit/codecov/support.ts";

const CHECKED = "checked the owner of the API token";

// An admin of the organization who is not listed under `setup.admins` was told that sessions can be read, and then got 403.
test("an admin who is not listed under setup.admins is not told that sign-in sessions can be read", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "baton-self-hosted-"));
  const simulator = await startCodecovSimulator({ selfHosted: true });
  onTestFinished(async () => {
    await simulator.close();
    await rm(cwd, { recursive: true });
  });
  const { code, stderr } = await runProgram(["--codecov-session-info"], {
    cwd,
    env: {
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
  });
  expect(code).toBe(0);
  const lines = stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(lines.find(({ msg }) => msg === CHECKED)).toMatchObject({
    admin: "yes",
    sign_in_sessions: "unknown",
    meaning: expect.stringContaining("setup.admins"),
  });
  expect(lines.filter(({ msg }) => msg.startsWith("sign-in sessions are left out"))).toHaveLength(1);
});

const ALICE = { service: "github", username: "alice" };

/** What is logged of a token whose owner is on the list of admins, or is not. */
function report(origin: string, isAdmin: boolean): LogLine["fields"] {
  const log: LogLine[] = [];
  const owners: OwnerPage = { count: 1, next: null, results: [{ ...ALICE, name: null }] };
  const member = { ...ALICE, name: null, email: null, is_admin: true, activated: true };
  const admins: RosterPage = { count: 1, next: null, results: isAdmin ? [member] : [] };
  const ctx = { signal: new AbortController().signal, log: makeRecorder(log), clock: systemClock };
  reportTokenOwner({ status: "fulfilled", value: owners }, admins, { origin }, new TokenOwner(), ctx);
  return log[0]?.fields ?? {};
}

test.each([
  ["https://api.codecov.io", true, "readable"],
  ["https://api.codecov.io", false, "unknown"],
  ["https://codecov.example.com", true, "unknown"],
  ["https://codecov.example.com", false, "unknown"],
])("at %s, with an admin's token: %s, sign-in sessions are %s", (origin, isAdmin, sessions) => {
  expect(report(origin, isAdmin)).toMatchObject({
    admin: isAdmin ? "yes" : "no",
    sign_in_sessions: sessions,
  });
});
