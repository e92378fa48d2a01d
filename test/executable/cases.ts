import { connect } from "node:net";
import { expect } from "vitest";
import { foreignFields } from "#config/foreign-fields.ts";
import { Code } from "#kernel/errors.ts";
import type { ProgramResult } from "../contract/program.ts";
import type { Scene } from "./scene.ts";

/** One run of the executable. */
export interface Case {
  readonly what: string;
  /** The command; the program without one if undefined. */
  readonly command?: string;
  /** Words behind the command. */
  readonly words?: readonly string[];
  /** Settings by name, given as flags. Paths are below the scene's directory. */
  readonly flags?: Readonly<Record<string, string | ((scene: Scene) => string)>>;
  /** Variables that differ from the scene's. */
  readonly env?: Readonly<Record<string, string>>;
  /** How it ends; default 0. */
  readonly code?: number;
  /** A program that serves: what it writes to standard error when it is ready. It is then ended with SIGTERM. */
  readonly until?: RegExp;
  /** What is done while it serves, with what was found. */
  readonly meanwhile?: (found: RegExpExecArray, scene: Scene) => Promise<void>;
  readonly check?: (result: ProgramResult, scene: Scene) => void | Promise<void>;
}

const collectorOf = (kind: "plainCollector" | "tlsCollector") => (scene: Scene) =>
  `localhost:${scene[kind].port}`;

const SEAT = "license:roomy:assigned";

const COMMANDS: readonly Case[] = [
  {
    what: "the capabilities",
    command: "capabilities",
    check: ({ stdout }) => expect(JSON.parse(stdout).connectorCapabilities).toContain("CAPABILITY_SYNC"),
  },
  {
    what: "the schema of the settings",
    command: "config",
    check: ({ stdout }) => expect(JSON.parse(stdout).displayName).toBe("Codecov"),
  },
  {
    what: "a configuration file to fill in",
    command: "config",
    flags: { sample: "true" },
    check: ({ stdout }) => expect(stdout).toContain("codecov-owner: acme"),
  },
  {
    what: "version, commit, platform and Node",
    command: "version",
    check: ({ stdout }) => expect(stdout).toMatch(/^commit +([0-9a-f]{40}|unknown)/m),
  },
  {
    what: "the words that start no connector thread",
    command: "_other-runs",
    check: ({ stdout }) => expect(JSON.parse(stdout)).toContain("report"),
  },
  {
    what: "a completion script",
    command: "completion",
    words: ["bash"],
    check: ({ stdout }) => expect(stdout).toContain("--codecov-owner"),
  },
  {
    what: "the help on a command",
    command: "help",
    words: ["report"],
    check: ({ stdout }) => expect(stdout).toContain("--format"),
  },
  {
    what: "help",
    flags: { help: "true" },
    check: ({ stdout }) => expect(stdout).toContain("--codecov-owner"),
  },
  {
    what: "version",
    flags: { version: "true" },
    check: ({ stdout }) => expect(stdout).toMatch(/^baton-codecov version \d/),
  },
  {
    what: "a report into a file",
    command: "report",
    flags: { file: "sync.c1z", format: "csv", output: "report.csv" },
    check: ({ stdout }) => expect(stdout).toBe(""),
  },
  {
    what: "a report compared with a sync that is in no file",
    command: "report",
    flags: { file: "sync.c1z", previous: "sync.c1z", since: "2000-01-01" },
    code: Code.NotFound,
    check: ({ stderr }) => expect(stderr).toContain("--previous"),
  },
  {
    what: "a checklist",
    command: "doctor",
    flags: { format: "json", store: "coverage.db" },
    check: ({ stdout }) => expect(JSON.parse(stdout)).toMatchObject({ format: 1, ok: true }),
  },
  {
    what: "a pull request in a store of coverage that is not there",
    command: "coverage report",
    flags: { store: "nowhere.db", repository: "web", pull: "12", format: "json", output: "pull.json" },
    code: Code.NotFound,
    check: ({ stderr }) => expect(stderr).toContain("nowhere.db"),
  },
  {
    what: "a coverage report by a policy that is not there",
    command: "coverage report",
    flags: { policy: "nowhere.yaml", only: "below", sort: "coverage", days: "7" },
    code: Code.Unknown,
    check: ({ stderr }) => expect(stderr).toContain("nowhere.yaml"),
  },
  {
    what: "a question for the health of a program",
    command: "health-check",
    flags: {
      endpoint: "ready",
      timeout: "5",
      "health-check-port": ({ healthPort }) => String(healthPort),
      "health-check-bind-address": "127.0.0.1",
    },
    check: (_, { healthPaths }) => expect(healthPaths).toContain("/ready"),
  },
  {
    what: "a server without TLS",
    command: "serve",
    flags: { listen: "127.0.0.1:0", plaintext: "true" },
    until: /"address":"127\.0\.0\.1:(\d+)"/,
    meanwhile: async ([, port]) => await reach(Number(port)),
  },
  {
    what: "a server with mutual TLS and health endpoints",
    command: "serve",
    flags: {
      listen: "127.0.0.1:0",
      "tls-cert-path": "cert.pem",
      "tls-key-path": "key.pem",
      "tls-client-ca-path": "ca.pem",
      "tls-allowed-sans": "agent.example",
      "health-check": "true",
      "health-check-port": "0",
      "health-check-bind-address": "127.0.0.1",
    },
    until: /"port":(\d+),"msg":"health endpoints"/,
    meanwhile: async ([, port]) => expect((await fetch(`http://127.0.0.1:${port}/live`)).status).toBe(200),
  },
  {
    what: "a connector for no host",
    command: "_connector-service",
    // Hosts send their certificates on standard input, which ends here.
    code: Code.Unknown,
  },
];

/** `coverage.db` is there after the first of them. */
const COVERAGE: readonly Case[] = [
  {
    what: "a store of coverage",
    command: "coverage sync",
    flags: {
      store: "coverage.db",
      policy: "coverage-rules.yaml",
      days: "5",
      details: "seat",
      "accept-gone": "true",
      "codecov-allow-seat": "true",
    },
    check: ({ stderr }) => expect(stderr).toContain('"measured":3'),
  },
  {
    what: "coverage, read and shown",
    command: "coverage",
    flags: {
      store: "shown.db",
      policy: "coverage-rules.yaml",
      repository: "repo-*",
      days: "5",
      details: "public",
      "accept-gone": "true",
      "codecov-allow-seat": "true",
      only: "unknown",
      sort: "name",
      format: "csv",
      output: "coverage.csv",
    },
    check: ({ stdout }) => expect(stdout).toBe(""),
  },
  {
    what: "one pull request, read and shown",
    command: "coverage",
    flags: { store: "shown.db", repository: "repo-00001", pull: "1", compute: "true" },
    check: ({ stdout }) => expect(stdout).toContain("repo-00001#1"),
  },
  {
    what: "one pull request in the store",
    command: "coverage sync",
    flags: { repository: "repo-00001", pull: "1", compute: "true" },
  },
  {
    what: "a check of a store",
    command: "coverage check",
    flags: {
      store: "coverage.db",
      policy: "coverage-rules.yaml",
      repository: "repo-00001",
      minimum: "0",
      "max-drop": "100",
      "max-age": "1h",
      "if-unknown": "pass",
      explain: "true",
      format: "json",
    },
    check: ({ stdout }) => expect(JSON.parse(stdout)).toMatchObject({ source: "store", verdict: "pass" }),
  },
  {
    what: "a check of a pull request",
    command: "coverage check",
    flags: {
      repository: "repo-00001",
      pull: "1",
      "patch-minimum": "100",
      base: "0000000",
      wait: "0",
      compute: "true",
      "codecov-allow-seat": "true",
    },
    code: 11,
    check: ({ stdout }) => expect(stdout).toMatch(/^unknown {2}repo-00001#1 {2}patch_minimum/m),
  },
  {
    what: "a check of a policy",
    command: "coverage policy",
    flags: { policy: "coverage-rules.yaml", store: "coverage.db" },
    check: ({ stdout }) => expect(stdout).toContain("is valid"),
  },
  {
    what: "the schema of policies",
    command: "coverage policy",
    flags: { schema: "true" },
    check: ({ stdout }) => expect(JSON.parse(stdout).properties).toHaveProperty("repositories"),
  },
];

const SYNCS: readonly Case[] = [
  {
    what: "another file",
    flags: { file: "other.c1z" },
    check: async (_, scene) =>
      expect((await scene.readFile("other.c1z")).types).toEqual(["license", "org", "user"]),
  },
  {
    what: "some resource types",
    flags: { file: "types.c1z", "sync-resource-types": "user" },
    check: async (_, scene) => expect((await scene.readFile("types.c1z")).types).toEqual(["user"]),
  },
  {
    what: "one resource without grants",
    flags: { file: "one.c1z", "sync-resources": "bid:r:user/alice", "skip-grants": "true" },
    check: async (_, scene) => {
      const { resources, grants } = await scene.readFile("one.c1z");
      expect([resources.map(({ id }) => id?.resource), grants]).toEqual([["alice"], 0]);
    },
  },
  {
    what: "resources only",
    flags: { file: "resources.c1z", "skip-entitlements-and-grants": "true" },
    check: async (_, scene) =>
      expect(await scene.readFile("resources.c1z")).toMatchObject({ entitlements: 0, grants: 0 }),
  },
  {
    what: "several workers and the other ways to tune a sync",
    flags: {
      file: "workers.c1z",
      workers: "2",
      "parallel-sync": "true",
      "storage-engine": "sqlite",
      "c1z-temp-dir": "work",
      "session-store-maximum-size": "1000000",
      "http-timeout-seconds": "30",
    },
    check: async (_, scene) => expect((await scene.readFile("workers.c1z")).grants).toBeGreaterThan(0),
  },
  {
    what: "an upstream that is away",
    flags: { file: "away.c1z", "max-wait": "1s", "codecov-base-url": "http://127.0.0.1:1" },
    code: Code.Unavailable,
  },
  {
    what: "a token from a file",
    flags: { file: "token-file.c1z", "codecov-api-token-file": "token" },
    env: { BATON_CODECOV_API_TOKEN: "" },
    check: async (_, scene) => expect((await scene.readFile("token-file.c1z")).resources).not.toEqual([]),
  },
  {
    what: "an organization told by flags",
    flags: {
      file: "flags.c1z",
      "codecov-api-token": ({ codecov }) => codecov.tokens["admin-token"] ?? "",
      "codecov-service": "gh",
      "codecov-owner": "roomy",
    },
    env: { BATON_CODECOV_API_TOKEN: "", BATON_CODECOV_SERVICE: "gitlab", BATON_CODECOV_OWNER: "nobody" },
    check: async ({ stderr }, scene) => {
      expect((await scene.readFile("flags.c1z")).resources).not.toEqual([]);
      expect(stderr).not.toContain(scene.codecov.tokens["admin-token"]);
    },
  },
  {
    what: "plain HTTP on another machine",
    flags: {
      file: "http.c1z",
      "codecov-allow-http": "true",
      "codecov-base-url": "http://codecov.invalid",
    },
    // Allowed, and asked: there is no such host.
    code: Code.InvalidArgument,
    check: ({ stderr }) => expect(stderr).toContain('"grpc.method":"Validate"'),
  },
  {
    what: "purchased seats and sign-in sessions",
    flags: {
      file: "extras.c1z",
      "codecov-purchased-seats": "77",
      "codecov-session-info": "true",
      "codecov-internal-ids": "true",
    },
    check: async (_, scene) => {
      const { resources } = await scene.readFile("extras.c1z");
      const license = resources.find(({ id }) => id?.resourceType === "license");
      expect(JSON.stringify(license)).toContain("77");
      expect(scene.codecov.requests.some(({ path }) => path.includes("/user-sessions/"))).toBe(true);
    },
  },
];

const CHANGES: readonly Case[] = [
  {
    what: "a seat for a member",
    flags: {
      file: "sync.c1z",
      "grant-entitlement": SEAT,
      "grant-principal": "waiting",
      "grant-principal-type": "user",
    },
    check: (_, { codecov }) => expect(holdsSeat(codecov, 109)).toBe(true),
  },
  {
    what: "a seat less",
    flags: { file: "sync.c1z", "revoke-grant": `${SEAT}:user:bob` },
    check: (_, { codecov }) => expect(holdsSeat(codecov, 102)).toBe(false),
  },
  {
    what: "an action",
    flags: {
      provisioning: "true",
      "invoke-action": "enable_user",
      "invoke-action-args": '{"user_id": "bob"}',
      "invoke-action-resource-type": "",
    },
    check: (_, { codecov }) => expect(holdsSeat(codecov, 102)).toBe(true),
  },
  {
    what: "the list of actions",
    flags: { "list-action-schemas": "true", "list-action-schemas-resource-type": "" },
    check: ({ stdout }) => expect(JSON.parse(stdout)).toHaveLength(2),
  },
  {
    what: "events, of which there are none",
    flags: {
      "event-feed": "true",
      "event-feed-id": "joins",
      "event-feed-cursor": "1",
      "event-feed-start-at": "2026-01-31T08:00:00Z",
    },
    code: Code.NotFound,
  },
  {
    what: "an account, which Codecov cannot create",
    flags: {
      "create-account-login": "new",
      "create-account-email": "new@example.com",
      "create-account-profile": "{}",
      "create-account-resource-type": "user",
    },
    code: Code.Unimplemented,
  },
  {
    what: "a resource less, which Codecov cannot delete",
    flags: { "delete-resource": "bob", "delete-resource-type": "user" },
    code: Code.Unimplemented,
  },
  {
    what: "credentials, which Codecov cannot rotate",
    flags: { "rotate-credentials": "bob", "rotate-credentials-type": "user" },
    code: Code.Unimplemented,
  },
];

/** The quickest thing that both threads take part in. */
const QUICK = { "list-action-schemas": "true" };

const SIGNS: readonly Case[] = [
  {
    what: "a log for people",
    flags: { ...QUICK, "log-format": "console", "log-level": "debug" },
    check: ({ stderr }) => expect(stderr).not.toMatch(/^\{/m),
  },
  {
    what: "debug logging that has ended",
    flags: { ...QUICK, "log-level": "debug", "log-level-debug-expires-at": "2020-01-01T00:00:00Z" },
    check: ({ stderr }) => expect(stderr).not.toContain('"level":"debug"'),
  },
  {
    what: "a log in a file",
    flags: { ...QUICK, "log-path": "log.jsonl" },
    check: ({ stderr }) => expect(stderr).toBe(""),
  },
  {
    what: "a collector without TLS",
    flags: {
      ...QUICK,
      "otel-collector-endpoint": collectorOf("plainCollector"),
      "otel-collector-endpoint-tls-insecure": "true",
      "otel-logging-disabled": "true",
    },
    check: (_, { plainCollector: { spans, logs } }) =>
      expect({ spans: spans.length > 0, logs: logs.length }).toEqual({ spans: true, logs: 0 }),
  },
  {
    what: "a collector with TLS",
    flags: {
      ...QUICK,
      "otel-collector-endpoint": collectorOf("tlsCollector"),
      "otel-collector-endpoint-tls-cert-path": "collector.pem",
      "otel-tracing-disabled": "true",
      "otel-metrics-disabled": "true",
    },
    check: (_, { tlsCollector: { spans, logs, points } }) =>
      expect({ spans: spans.length, logs: logs.length > 0, points }).toEqual({
        spans: 0,
        logs: true,
        points: [],
      }),
  },
  {
    what: "a collector whose authority is given as text",
    flags: {
      ...QUICK,
      "otel-collector-endpoint": collectorOf("tlsCollector"),
      "otel-collector-endpoint-tls-cert": ({ tlsCollector }) =>
        Buffer.from(tlsCollector.certificate).toString("base64url"),
    },
    check: (_, { tlsCollector: { spans } }) => expect(spans).not.toEqual([]),
  },
];

const SERVICE: Case = {
  what: "a service that takes tasks from C1",
  flags: {
    "client-id": ({ c1 }) => c1.tokens.clientId,
    "client-secret": ({ c1 }) => c1.tokens.clientSecret,
    "task-concurrency": "2",
    "keep-previous-sync-c1z": "true",
    "skip-full-sync": "true",
    "health-check": "true",
    "health-check-port": "0",
    "health-check-bind-address": "127.0.0.1",
  },
  until: /"port":(\d+),"msg":"health endpoints"/,
  async meanwhile([, port], { c1, codecov }) {
    const taskId = c1.enqueue({ $case: "syncFull", value: {} });
    await expect.poll(() => c1.finished.get(taskId), { timeout: 20_000 }).toBeDefined();
    expect(c1.finished.get(taskId)?.[0]?.status).toBeUndefined();
    // The sync is skipped: nobody asked where the roster ends.
    expect(codecov.requests.filter(({ path }) => path.includes("page=last"))).toEqual([]);
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
  },
  check: ({ stderr }, { c1 }) => expect(stderr).not.toContain(c1.tokens.clientSecret),
};

const SERVICE_WITH_SECRET_FILE: Case = {
  what: "a service whose client secret is in a file",
  flags: {
    "client-id": ({ c1 }) => c1.tokens.clientId,
    "client-secret-file": "client-secret",
  },
  until: /"msg":"connected to C1"/,
  check: ({ stderr }, { c1 }) => expect(stderr).not.toContain(c1.tokens.clientSecret),
};

/** What only other connectors can do is refused; permission for it does no harm. */
const REFUSED: readonly Case[] = Object.values(foreignFields).map(({ name, kind }) => ({
  what: `the setting ${name} of other connectors`,
  flags: { ...QUICK, [name]: kind === "bool" ? "true" : "x" },
  code: name === foreignFields.ticketing.name ? Code.Ok : Code.Unknown,
}));

/** Every command and every setting at least once. The first one writes the file that others read. */
export const CASES: readonly Case[] = [
  {
    what: "a sync",
    check: async (_, scene) =>
      expect((await scene.readFile("sync.c1z")).types).toEqual(["license", "org", "user"]),
  },
  ...COMMANDS,
  ...COVERAGE,
  ...SYNCS,
  ...CHANGES,
  ...SIGNS,
  SERVICE,
  SERVICE_WITH_SECRET_FILE,
  ...REFUSED,
];

function holdsSeat({ state }: Scene["codecov"], ownerid: number): boolean | undefined {
  const roomy = state.findOwner("github", "roomy");
  return state.organization(roomy?.ownerid ?? 0).row.seats?.has(ownerid);
}

function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
