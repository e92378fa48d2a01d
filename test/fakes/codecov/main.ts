import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FaultRule } from "./faults.ts";
import { type CodecovSimulatorOptions, startCodecovSimulator } from "./simulator.ts";

/**
 * Runs the simulator as a program: one line of JSON on stdout (addresses, tokens, the process id), then serves
 * until SIGTERM or SIGINT, or until stdin ends if `--exit-with-stdin` is given.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      // A generated organization; without it, a named state.
      members: { type: "string" },
      "plan-user-count": { type: "string" },
      state: { type: "string", default: "acme-52" },
      service: { type: "string", default: "github" },
      owner: { type: "string", default: "acme" },
      // Milliseconds.
      latency: { type: "string", default: "0" },
      "load-to-save": { type: "string", default: "4" },
      "save-to-read": { type: "string", default: "3" },
      "self-hosted": { type: "boolean", default: false },
      "site-admin": { type: "string", multiple: true, default: [] },
      // A fault rule as JSON.
      fault: { type: "string", multiple: true, default: [] },
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "0" },
      "allowed-host": { type: "string", multiple: true, default: [] },
      // PEM files.
      "tls-key": { type: "string" },
      "tls-cert": { type: "string" },
      seed: { type: "string", default: "1" },
      "exit-with-stdin": { type: "boolean", default: false },
    },
  });
  const members = readOptionalNumber("members", values.members);
  const planUserCount = readOptionalNumber("plan-user-count", values["plan-user-count"]);
  const plan = planUserCount === undefined ? {} : { planUserCount };
  const organization: CodecovSimulatorOptions =
    members === undefined
      ? { state: values.state }
      : { generated: { members, service: values.service, owner: values.owner, prerender: true, ...plan } };
  const { "tls-key": key, "tls-cert": cert } = values;
  const simulator = await startCodecovSimulator({
    ...organization,
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
