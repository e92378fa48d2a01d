import { readFileSync } from "node:fs";
import { type ProgramOption, readProgramOptions } from "../program-options.ts";
import type { CoverageOptions } from "./coverage/attach.ts";
import { FaultRule } from "./faults.ts";
import { type CodecovSimulatorOptions, startCodecovSimulator } from "./simulator.ts";

const USAGE = `
A simulated Codecov API server, to try a connector without Codecov.

  npm run --silent simulator -- --members 1000 --port 9090

It prints one line of JSON (url, baseUrl, token, tokens, service, owner, pid) and serves until SIGTERM or Ctrl-C. While it
runs, it is steered by JSON below /_sim/: changes of members, seats and repositories, faults, latency; see docs/playground.md.
`;

const OPTIONS = {
  members: {
    type: "string",
    value: "number",
    description: "A generated organization of so many members; without it, a named state",
  },
  state: {
    type: "string",
    value: "name",
    default: "acme-52",
    description: "A state of test/golden/codecov/codecov-states.json, such as free-seats or drift-6",
  },
  service: { type: "string", default: "github", description: "Git service of the generated organization" },
  owner: { type: "string", default: "acme", description: "Name of the generated organization" },
  "plan-user-count": {
    type: "string",
    value: "number",
    description: "Seats that the generated organization pays for",
  },
  coverage: {
    type: "boolean",
    default: false,
    description:
      "Gives the organization the repositories of the demo: twelve in every state, 45 days up to now",
  },
  repositories: {
    type: "string",
    value: "number",
    description: "Gives the organization so many generated repositories, all of them measured",
  },
  days: { type: "string", value: "number", default: "45", description: "Days with a commit of each of them" },
  pulls: { type: "string", value: "number", default: "2", description: "Open pull requests of each of them" },
  "private-every": {
    type: "string",
    value: "number",
    default: "0",
    description: "Every so many of them one is private; 0 is none",
  },
  now: { type: "string", value: "time", description: "The server's time at the start; default: the present" },
  latency: {
    type: "string",
    value: "ms",
    default: "0",
    description: "Milliseconds that every answer takes at least",
  },
  fault: {
    type: "string",
    value: "json",
    multiple: true,
    default: [] as string[],
    description: "A fault to begin with, as POST /_sim/faults takes it",
  },
  "load-to-save": {
    type: "string",
    value: "ms",
    default: "4",
    description: "Milliseconds in which a seat change of somebody else can get lost",
  },
  "save-to-read": {
    type: "string",
    value: "ms",
    default: "3",
    description: "Milliseconds between saving a seat change and answering it",
  },
  "self-hosted": { type: "boolean", default: false, description: "Behaves as a self-hosted Codecov" },
  "site-admin": {
    type: "string",
    value: "service/name",
    multiple: true,
    default: [] as string[],
    description: "An administrator by configuration; self-hosted only",
  },
  host: { type: "string", value: "address", default: "127.0.0.1", description: "Where to listen" },
  port: { type: "string", value: "number", default: "0", description: "Port; 0 is any that is free" },
  "allowed-host": {
    type: "string",
    value: "name",
    multiple: true,
    default: [] as string[],
    description: "A further name under which clients may address it",
  },
  "tls-key": { type: "string", value: "file", description: "PEM file with a key, for HTTPS" },
  "tls-cert": { type: "string", value: "file", description: "PEM file with its certificate" },
  seed: { type: "string", value: "number", default: "1", description: "For everything random" },
  "exit-with-stdin": {
    type: "boolean",
    default: false,
    description: "Ends when standard input ends, that is with the process that started it",
  },
} as const satisfies Readonly<Record<string, ProgramOption>>;

/**
 * Runs the simulator as a program: one line of JSON on stdout (addresses, tokens, the process id), then serves
 * until SIGTERM or SIGINT, or until stdin ends if `--exit-with-stdin` is given.
 */
async function main(): Promise<void> {
  const values = readProgramOptions(USAGE, OPTIONS);
  const members = readOptionalNumber("members", values.members);
  const planUserCount = readOptionalNumber("plan-user-count", values["plan-user-count"]);
  const plan = planUserCount === undefined ? {} : { planUserCount };
  const organization: CodecovSimulatorOptions =
    members === undefined
      ? { state: values.state }
      : { generated: { members, service: values.service, owner: values.owner, prerender: true, ...plan } };
  const repositories = readOptionalNumber("repositories", values.repositories);
  const coverage: CoverageOptions | undefined =
    repositories === undefined
      ? values.coverage
        ? { demo: true }
        : undefined
      : {
          repositories,
          days: readNumber("days", values.days),
          openPulls: readNumber("pulls", values.pulls),
          privateEvery: readNumber("private-every", values["private-every"]),
        };
  const { "tls-key": key, "tls-cert": cert } = values;
  const simulator = await startCodecovSimulator({
    ...organization,
    ...(coverage === undefined ? {} : { coverage }),
    ...(values.now === undefined ? {} : { now: values.now }),
    latencyMs: readNumber("latency", values.latency),
    seatChangePace: {
      loadToSaveMs: readNumber("load-to-save", values["load-to-save"]),
      saveToReadMs: readNumber("save-to-read", values["save-to-read"]),
    },
    selfHosted: values["self-hosted"],
    siteAdmins: values["site-admin"],
    host: values.host,
    port: readNumber("port", values.port),
    allowedHosts: values["allowed-host"],
    seed: readNumber("seed", values.seed),
    ...(key === undefined || cert === undefined
      ? {}
      : { tls: { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } }),
  });
  simulator.faults.add(...values.fault.map((text) => FaultRule.parse(JSON.parse(text))));

  const stop = (): void => {
    void simulator.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (values["exit-with-stdin"]) process.stdin.resume().once("end", stop);

  const { url, baseUrl, tokens, state } = simulator;
  const token = tokens["admin-token"] ?? Object.values(tokens)[0];
  const [first] = state.organizations();
  const { service, username: owner } = state.owner(first?.ownerid ?? 0);
  process.stdout.write(
    `${JSON.stringify({ url, baseUrl, token, tokens, service, owner, pid: process.pid })}\n`,
  );
}

function readOptionalNumber(name: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : readNumber(name, text);
}

function readNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} takes a whole number, not ${text}`);
}

await main();
