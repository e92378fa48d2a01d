import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { openChildListener } from "#launch/listener.ts";
import { LISTENER_FD_VARIABLE } from "#wire/names.ts";
import { type Credential, encodeStartupLine } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { type RunningProgram, startProgram, TOY } from "../../contract/program.ts";
import { TestClient } from "../../fakes/grpc-client.ts";
import { nowMiB, peakMiB } from "./memory.ts";

const TOY_TOKEN = "toy-token-that-nobody-may-see";

/** A server under attack. */
export interface Target extends AsyncDisposable {
  readonly port: number;
  readonly pid: number | undefined;
  readonly stderr: () => string;
}

/** `serve` of the toy company on a free port of loopback; in plaintext if no certificate is given. */
export async function startServe(credential?: Credential, ...flags: readonly string[]): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), "hostile-"));
  const security =
    credential === undefined ? ["--plaintext"] : await writeCertificates(directory, credential);
  const program = startProgram(
    ["serve", "--listen=127.0.0.1:0", "--log-format=json", ...security, ...flags],
    {
      program: TOY,
      env: { BATON_TOY_TOKEN: TOY_TOKEN },
    },
  );
  const port = await portOf(program);
  return {
    port,
    pid: program.process.pid,
    stderr: () => program.stderr(),
    [Symbol.asyncDispose]: async () => {
      program.process.kill("SIGKILL");
      await program.result;
      await rm(directory, { recursive: true });
    },
  };
}

/** The port that a starting `serve` tells in its log. */
function portOf(program: RunningProgram): Promise<number> {
  const find = () => {
    const port = /"address":"127\.0\.0\.1:(\d+)"/.exec(program.stderr())?.[1];
    if (port === undefined) throw new Error(`no port is told: ${program.stderr()}`);
    return Number(port);
  };
  return vi.waitFor(find, { timeout: 30_000, interval: 20 });
}

async function writeCertificates(directory: string, credential: Credential): Promise<string[]> {
  const { ca, cert, key } = toPem(credential);
  const files = { cert, key, "client-ca": ca };
  return await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(directory, name);
      await writeFile(path, content);
      return `--tls-${name}-path=${path}`;
    }),
  );
}

/** The connector process of the toy company, which inherits its listener as from a host. */
export async function startConnectorProcess(credential: Credential): Promise<Target> {
  const listener = await openChildListener();
  const child = spawn(process.execPath, [TOY, "_connector-service"], {
    stdio: ["pipe", "ignore", "pipe", listener.descriptor],
    env: { ...process.env, BATON_TOY_TOKEN: TOY_TOKEN, [LISTENER_FD_VARIABLE]: "3" },
  });
  const closed = once(child, "close");
  await listener.close();
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const startup = encodeStartupLine({ credential, listenPort: listener.port, sessionStorePort: 0 });
  child.stdin?.write(`${startup}\n`);
  return {
    port: listener.port,
    pid: child.pid,
    stderr: () => stderr,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/**
 * Attacks a server and expects it to be as well as before: a client is answered at once, memory has grown by no more than
 * `maxGrowthMiB`, and nothing was told that has to stay secret.
 */
export async function expectUnharmed(
  target: Target,
  attack: () => Promise<void>,
  maxGrowthMiB = 150,
): Promise<void> {
  const before = nowMiB(target.pid);
  await attack();
  const client = new TestClient(target.port);
  try {
    await client.call(ConnectorService.validate, {}, { deadline: new Date(Date.now() + 10_000) });
  } finally {
    client.close();
  }
  expect(peakMiB(target.pid) - before).toBeLessThan(maxGrowthMiB);
  expect(target.stderr()).not.toContain(TOY_TOKEN);
}
