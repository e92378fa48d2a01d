import { parseArgs } from "node:util";
import { startCodecovSimulator } from "./simulator.ts";

/** Runs the simulator as a program: one line of JSON on stdout, then serves until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      members: { type: "string" },
      state: { type: "string", default: "acme-52" },
      service: { type: "string", default: "github" },
      owner: { type: "string", default: "acme" },
      latency: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "0" },
      seed: { type: "string", default: "1" },
    },
  });
  const { service, owner } = values;
  const members = values.members === undefined ? undefined : readNumber("members", values.members);
  const simulator = await startCodecovSimulator({
    ...(members === undefined ? { state: values.state } : { generated: { members, service, owner } }),
    latencyMs: readNumber("latency", values.latency),
    host: values.host,
    port: readNumber("port", values.port),
    seed: readNumber("seed", values.seed),
  });
  const stop = (): void => {
    void simulator.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);

  const { url, baseUrl, tokens } = simulator;
  const token = tokens["admin-token"] ?? Object.values(tokens)[0];
  process.stdout.write(
    `${JSON.stringify({ url, baseUrl, token, tokens, service, owner, pid: process.pid })}\n`,
  );
}

function readNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} takes a whole number, not ${text}`);
}

await main();
