import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ProgramOption, readProgramOptions } from "../program-options.ts";
import { FakeC1 } from "./fake-c1.ts";

const USAGE = `
A stand-in for C1 that checks every request, to try service mode by hand.

  npm run --silent stand-in-c1 -- --env c1.env

It hands out a sync every so many seconds, prints what it hears, one JSON object a line, and ends with SIGTERM or Ctrl-C.
`;

const OPTIONS = {
  port: {
    type: "string",
    value: "number",
    default: "0",
    description: "Port on localhost; 0 is any that is free",
  },
  env: {
    type: "string",
    value: "file",
    default: "c1.env",
    description: "Where the variables go that lead a connector here, as lines of NAME=value",
  },
  every: {
    type: "string",
    value: "seconds",
    default: "60",
    description: "Seconds from one sync to the next",
  },
} as const satisfies Readonly<Record<string, ProgramOption>>;

/**
 * Runs a fake C1 as a program, to try service mode by hand: writes the variables that lead a connector here
 * into a file, hands out a sync every so many seconds, and prints what it hears, one JSON object a line.
 */
async function main(): Promise<void> {
  const values = readProgramOptions(USAGE, OPTIONS);
  const directory = await mkdtemp(join(tmpdir(), "fake-c1-"));
  const certificate = join(directory, "ca.pem");
  await using c1 = await FakeC1.start(Number(values.port));
  c1.nextPollMs = 1_000;
  await writeFile(certificate, c1.certificate);
  const variables = Object.entries(c1.environment(certificate)).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(values.env, variables.join(""), { mode: 0o600 });
  print({ msg: "listening", address: `localhost:${c1.port}`, variables: values.env });

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  try {
    for (;;) {
      const taskId = c1.enqueue({ $case: "syncFull", value: {} });
      print({ msg: "a sync waits to be fetched", task: taskId });
      await waitForReport(c1, taskId, stop.signal);
      await delay(Number(values.every) * 1_000, undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function waitForReport(c1: FakeC1, taskId: string, signal: AbortSignal): Promise<void> {
  while (!c1.finished.has(taskId)) await delay(100, undefined, { signal });
  const [report] = c1.finished.get(taskId) ?? [];
  const { hostId, connectorMetadata } = c1.hellos.at(-1) ?? {};
  const bytes = c1.uploads.get(taskId)?.[0]?.length ?? 0;
  print({
    msg: "the sync was reported",
    task: taskId,
    host: hostId,
    connector: connectorMetadata?.displayName,
    result: report?.finalState?.$case,
    status: report?.status?.message,
    uploaded_bytes: bytes,
  });
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await main();
