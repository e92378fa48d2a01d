import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CodecovApi } from "#codecov/api/api.ts";
import { type Check, exitCodeOf } from "#codecov/doctor/check.ts";
import { examine, type Patient } from "#codecov/doctor/examine.ts";
import { silentLogger } from "#kernel/logger.ts";
import { Secret } from "#kernel/secret.ts";
import { SecretSource } from "#kernel/secret-source.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { type CoverageSceneOptions, START, startCoverageScene } from "./coverage-source.ts";
import { runProgram } from "./program.ts";

const LINES = [
  "proxy",
  "name",
  "tls",
  "version",
  "clock",
  "token",
  "owner",
  "member",
  "admin",
  "seat",
  "sessions",
  "repositories",
  "newest-report",
  "uploads",
  "file",
];

interface Found {
  readonly checks: readonly Check[];
  readonly line: (id: string) => Check;
}

function toFound(checks: readonly Check[]): Found {
  const line = (id: string) => {
    const check = checks.find((candidate) => candidate.id === id);
    if (check === undefined) throw new Error(`no line ${id}`);
    return check;
  };
  return { checks, line };
}

/** Everything in place, as far as a simulated server on loopback can have it; its clock stands still. */
async function startDoctor(options: CoverageSceneOptions = { coverage: { demo: true } }) {
  const scene = await startCoverageScene(options);
  scene.simulator.faults.add({
    path: "^/health/",
    times: null,
    fault: {
      kind: "answer",
      status: 200,
      headers: { date: new Date(START).toUTCString() },
      text: "26.7.6 is live!",
    },
  });
  const doctor = async (over: Partial<Patient> = {}): Promise<Found> =>
    toFound(
      await examine({
        call: scene.api.forCall(scene.ctx),
        ctx: scene.ctx,
        env: {},
        wantsSessions: false,
        resolveName: async () => "192.0.2.1",
        files: [{ setting: "--file", path: "sync.c1z" }],
        tryFile: async () => undefined,
        ...over,
      }),
    );
  return { ...scene, doctor };
}

/** A patient whose server is somewhere else. */
function callTo(origin: string) {
  const api = new CodecovApi({
    target: { origin, apiPath: "/api/v2", service: "github", owner: "acme" },
    allowHttp: true,
    token: new SecretSource(
      { value: new Secret("00000000-0000-0000-0000-000000000000") },
      { setting: "--token", fileSetting: "--token-file", what: "a token" },
    ),
    allowWrites: false,
    httpTimeoutMs: 5_000,
    redact: (text) => text,
  });
  onTestFinished(async () => api.close());
  const ctx = {
    signal: new AbortController().signal,
    log: silentLogger,
    clock: new ManualClock(Date.parse(START)),
  };
  return { ctx, call: api.forCall(ctx) };
}

test("an organization in order has every line in place, and nothing has changed", async () => {
  const { doctor, simulator } = await startDoctor({ coverage: { repositories: 6, privateEvery: 3 } });
  const { checks, line } = await doctor();
  expect(checks.map(({ id }) => id)).toEqual(LINES);
  // Loopback has no TLS.
  const others = checks.filter(({ id }) => id !== "tls");
  expect(others.filter(({ status }) => status !== "ok")).toEqual([]);
  expect(exitCodeOf(checks)).toBe(0);
  expect(line("version").detail).toBe("26.7.6");
  expect(line("repositories").detail).toBe("4 public, 2 private");
  expect(simulator.effects).toEqual({});
  expect(simulator.requests.every(({ method }) => method === "GET")).toBe(true);
});

test("the organization's own token needs no member, admin or seat", async () => {
  const { doctor } = await startDoctor({ coverage: { demo: true }, token: "org-token" });
  const { line } = await doctor();
  for (const id of ["owner", "member", "admin", "seat"]) expect(line(id).status).toBe("ok");
});

describe("each line fails", () => {
  test("proxy", async () => {
    const { doctor } = await startDoctor();
    const { checks, line } = await doctor({
      ...callTo("https://codecov.invalid"),
      env: { HTTPS_PROXY: "ftp://proxy" },
    });
    expect(line("proxy")).toMatchObject({ status: "failed", code: 3, remedy: expect.any(String) });
    expect(exitCodeOf(checks)).toBe(3);
    expect(line("token").status).toBe("skipped");
  });

  test("name resolved", async () => {
    const { doctor } = await startDoctor();
    const { checks, line } = await doctor({ resolveName: () => Promise.reject(new Error("ENOTFOUND")) });
    expect(line("name")).toMatchObject({ status: "failed", code: 3, remedy: expect.stringMatching(/DNS/) });
    expect(exitCodeOf(checks)).toBe(3);
  });

  test("TLS trusted", async () => {
    const { doctor, simulator } = await startDoctor();
    const { line } = await doctor(callTo(simulator.url.replace("http:", "https:")));
    expect(line("tls")).toMatchObject({ status: "failed", code: 9, remedy: expect.any(String) });
  });

  test("Codecov's version", async () => {
    const { doctor } = await startDoctor();
    const { line } = await doctor(callTo("http://127.0.0.1:1"));
    expect(line("version")).toMatchObject({ status: "failed", code: 14 });
    const other = await startDoctor();
    other.simulator.faults.clear();
    other.simulator.faults.add({ path: "^/health/", fault: { kind: "answer", status: 404 } });
    expect((await other.doctor()).line("version")).toMatchObject({
      status: "limited",
      remedy: expect.any(String),
    });
  });

  test("clock", async () => {
    const { clock, doctor } = await startDoctor();
    clock.advance(90_000);
    expect((await doctor()).line("clock")).toMatchObject({ status: "failed", code: 9 });
  });

  test.each([
    ["an unknown one", "00000000-0000-0000-0000-00000000dead", 16],
    ["one that cannot be sent", "two words", 3],
  ])("token accepted: %s", async (_what, token, code) => {
    const { doctor } = await startDoctor({ coverage: { demo: true }, token });
    const { checks, line } = await doctor();
    expect(line("token")).toMatchObject({ status: "failed", code, remedy: expect.any(String) });
    expect(line("seat").status).toBe("skipped");
    expect(checks.map(({ id }) => id).toSorted()).toEqual(LINES.toSorted());
    expect(exitCodeOf(checks)).toBe(code);
  });

  test("member, and with it the token's owner", async () => {
    const { doctor } = await startDoctor({ state: "coverage", token: "outsider-token" });
    const { line } = await doctor();
    expect(line("member")).toMatchObject({ status: "failed", code: 9 });
    expect(line("owner").status).toBe("limited");
  });

  test("admin, seat and sign-in sessions, which are options", async () => {
    const { doctor, simulator } = await startDoctor({ coverage: { demo: true }, token: "unseated-token" });
    const { checks, line } = await doctor();
    for (const id of ["admin", "seat", "sessions"])
      expect(line(id)).toMatchObject({ status: "limited", remedy: expect.any(String) });
    expect(exitCodeOf(checks)).toBe(0);
    expect((await doctor({ wantsSessions: true })).line("sessions")).toMatchObject({
      status: "failed",
      code: 7,
    });
    expect(simulator.effects).not.toHaveProperty("seats_added");
  });

  test("repositories visible", async () => {
    const { doctor, simulator } = await startDoctor({ coverage: { repositories: 1 } });
    simulator.change({ op: "set-repo", repo: "repo-00001", set: { deleted: true } });
    const { line } = await doctor();
    expect(line("repositories")).toMatchObject({ status: "failed", code: 9, detail: "none" });
  });

  test("newest report", async () => {
    const { advance, doctor } = await startDoctor({ coverage: { repositories: 2, openPulls: 0 } });
    advance(20 * 86_400_000);
    const { line } = await doctor();
    expect(line("newest-report")).toMatchObject({ status: "limited", detail: "20 days old" });
  });

  test("uploads arrive", async () => {
    const { advance, doctor, simulator } = await startDoctor({ coverage: { repositories: 2, openPulls: 0 } });
    advance(10 * 86_400_000);
    for (const repo of ["repo-00001", "repo-00002"])
      simulator.change({
        op: "add-commit",
        repo,
        commitid: `${repo.at(-1)}`.repeat(40),
        branch: "main",
        state: "pending",
        ago_seconds: 3_600,
        totals: null,
      });
    const { line } = await doctor();
    expect(line("uploads")).toMatchObject({
      status: "limited",
      detail: expect.stringMatching(/repo-0000[12]/),
    });
  });

  test("files writable", async () => {
    const { doctor } = await startDoctor();
    const { checks, line } = await doctor({ tryFile: () => Promise.reject(new Error("EACCES")) });
    expect(line("file")).toMatchObject({ status: "failed", code: 7 });
    expect(exitCodeOf(checks)).toBe(7);
  });
});

test("the command prints the checklist, and ends with the code of its first failure", async () => {
  const simulator = await startCodecovSimulator({ coverage: { demo: true } });
  onTestFinished(async () => simulator.close());
  const directory = await mkdtemp(join(tmpdir(), "baton-doctor-"));
  onTestFinished(async () => rm(directory, { recursive: true }));
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const good = await runProgram(["doctor", "--format", "json"], { env, cwd: directory });
  expect(good.code, good.stderr + good.stdout).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({ format: 1, ok: true });
  expect(simulator.effects).toEqual({});
  await writeFile(join(directory, "flat"), "");
  const bad = await runProgram(["doctor", "--store", "flat/coverage.db"], { env, cwd: directory });
  expect(bad.code).toBe(7);
  expect(bad.stdout).toMatch(/FAILED +--store writable/);
  const token = { ...env, BATON_CODECOV_API_TOKEN: "00000000-0000-0000-0000-00000000dead" };
  const refused = await runProgram(["doctor"], { env: token, cwd: directory });
  expect(refused.code).toBe(16);
  expect(refused.stdout).toMatch(/FAILED +token accepted/);
});
