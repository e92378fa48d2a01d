/**
 * Our own program as a host in front of any connector: the counterpart of the Go module's `host-proxy`. What is
 * started as its connector starts the program that `INTEROP_CONNECTOR` names, a JSON array. A thread hands on calls
 * and answers, a process its standard input and the inherited listener; both end as that program ends.
 */

import { spawn } from "node:child_process";
import { Status } from "#gen/google/rpc/status.ts";
import { toBatonError } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, launchConnector } from "#launch/launch.ts";
import { readStatusDetails } from "#model/status.ts";
import {
  type ConnectorMessage,
  type HostMessage,
  receiveThreadStart,
  type ThreadStart,
} from "#wire/thread-messages.ts";

const LISTENER_FD = 3;

type Call = Extract<HostMessage, { kind: "call" }>;

const start = await receiveThreadStart();
if (start !== undefined) {
  await runAsThread(start);
} else if (process.argv.includes("_connector-service")) {
  runAsProcess();
} else {
  await import("../../src/bin/baton-codecov.ts");
}

function runAsProcess(): void {
  const [program = "", ...args] = findConnector(process.env);
  const stdio = ["inherit", "inherit", "inherit", LISTENER_FD] as const;
  const child = spawn(program, [...args, ...process.argv.slice(2)], { stdio: [...stdio] });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}

async function runAsThread({ args, env, connectorPort }: ThreadStart): Promise<void> {
  const [command = "", ...first] = findConnector(env);
  const started = launchConnector(
    { command, args: [...first, ...args], env: { ...env } },
    { log: silentLogger, signal: new AbortController().signal },
  );
  const connector = await started.catch((error: unknown) => {
    const { code, message } = toBatonError(error);
    process.stderr.write(`${message}\n`);
    return process.exit(code);
  });
  const canceled = new Map<number, AbortController>();
  connectorPort.on("message", (message: HostMessage) => {
    if (message.kind === "cancel") return canceled.get(message.id)?.abort();
    const controller = new AbortController();
    canceled.set(message.id, controller);
    void answer(connector, message, controller.signal).then((end) => connectorPort.postMessage(end));
  });
  connectorPort.once("close", () => void connector.close().then(() => process.exit(0)));
  void connector.gone.then(({ code }) => process.exit(code));
  connectorPort.postMessage({ kind: "ready" } satisfies ConnectorMessage);
}

async function answer(
  connector: LaunchedConnector,
  { id, path, request }: Call,
  signal: AbortSignal,
): Promise<ConnectorMessage> {
  const same = (bytes: Buffer) => bytes;
  const call = connector.calls.unary({ path, requestSerialize: same, responseDeserialize: same });
  try {
    const bytes = await call(Buffer.from(request), signal);
    const requests = connector.upstreamRequests();
    const trailers = requests === undefined ? {} : { "baton-upstream-requests": String(requests) };
    return { kind: "answer", id, bytes, trailers };
  } catch (thrown) {
    const error = toBatonError(thrown);
    const { code, message } = error;
    const details = Status.encode({ code, message, details: [...readStatusDetails(error)] }).finish();
    return { kind: "failure", id, code, message, details };
  }
}

function findConnector(env: Readonly<Record<string, string | undefined>>): string[] {
  return JSON.parse(env["INTEROP_CONNECTOR"] ?? "[]");
}
