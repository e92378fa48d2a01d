import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createLocalCredentials } from "#launch/certs.ts";
import { openChildListener } from "#launch/listener.ts";
import { LISTENER_FD_VARIABLE } from "#wire/names.ts";
import { encodeStartupLine } from "#wire/server-config.ts";
import { TestClient } from "./grpc-client.ts";

const ENTRY = fileURLToPath(new URL("./toy-child.ts", import.meta.url));

export interface ToyProcessOptions {
  /** Path of another program than the toy's own. */
  readonly program?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Sent instead of a proper start-up line; nothing is sent for "". */
  readonly line?: string;
  /** Announced instead of the listener's port. */
  readonly announcedPort?: number;
  /** Value of the descriptor variable instead of 3; undefined leaves it unset. */
  readonly descriptor?: string | undefined;
}

/** Starts the toy connector as a process of its own with an inherited listener, as a host does. */
export async function spawnToy(options: ToyProcessOptions = {}) {
  const listener = await openChildListener();
  const { server, client } = createLocalCredentials(Date.now());
  const descriptor = "descriptor" in options ? options.descriptor : "3";
  const { [LISTENER_FD_VARIABLE]: _inherited, ...inherited } = process.env;
  const env = { ...inherited, ...options.env };
  const child = spawn(
    process.execPath,
    [options.program ?? ENTRY, ...(options.args ?? []), "_connector-service"],
    {
      stdio: ["pipe", "pipe", "pipe", listener.descriptor],
      env: descriptor === undefined ? env : { ...env, [LISTENER_FD_VARIABLE]: descriptor },
    },
  );
  const exited = once(child, "close").then(([code, signal]: unknown[]) => ({ code, signal }));
  await listener.close();
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("the child has no pipes");
  const output = { stdout: "", stderr: "" };
  stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  // A child that refuses its line is gone before the line is written.
  stdin.on("error", () => undefined);
  const listenPort = options.announcedPort ?? listener.port;
  const line =
    options.line ?? `${encodeStartupLine({ credential: server, listenPort, sessionStorePort: 0 })}\n`;
  if (line !== "") stdin.write(line);

  return {
    port: listener.port,
    pid: child.pid,
    clientCredential: client,
    stdin,
    output,
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    connect: () => new TestClient(listener.port, client),
    /** Ends standard input and waits for the process. */
    end: async () => {
      stdin.end();
      return await exited;
    },
  };
}
