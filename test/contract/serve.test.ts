import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import {
  HealthService as Health,
  HealthCheckResponse_ServingStatus as Status,
} from "#gen/grpc/health/v1/health.ts";
import { Code } from "#kernel/errors.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { TestClient } from "../fakes/grpc-client.ts";
import { type RunningProgram, startProgram, TOY } from "./program.ts";

const env = { BATON_TOY_TOKEN: "toy" };

let directory: string;
const running: RunningProgram[] = [];
const clients: TestClient[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "serve-"));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const program of running.splice(0)) {
    program.process.kill("SIGKILL");
    await program.result;
  }
  await rm(directory, { recursive: true, force: true });
});

/** Starts the program and waits until it serves; gives the address that it chose. */
async function startServing(...flags: string[]) {
  const program = startProgram(["serve", "--listen=127.0.0.1:0", "--log-format=json", ...flags], {
    program: TOY,
    env,
  });
  running.push(program);
  return { program, port: Number(await told(program, /"address":"127\.0\.0\.1:(\d+)"/)) };
}

async function told(program: RunningProgram, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(program.stderr())?.[1];
    if (found !== undefined) return found;
    const next = await Promise.race([
      once(program.process.stderr ?? program.process, "data"),
      program.result,
    ]);
    if (!Array.isArray(next)) throw new Error(`the program ended: ${program.stderr()}`);
  }
}

function connect(port: number, credential?: Credential): TestClient {
  const client = new TestClient(port, credential);
  clients.push(client);
  return client;
}

describe("with mutual TLS from files", () => {
  const { server, client } = createLocalCredentials(Date.now());
  const stranger = createLocalCredentials(Date.now());

  async function writePem(): Promise<string[]> {
    const { ca, cert, key } = toPem(server);
    const flags: string[] = [];
    for (const [name, pem] of Object.entries({ cert, key, "client-ca": ca })) {
      await writeFile(join(directory, name), pem);
      flags.push(`--tls-${name}-path=${join(directory, name)}`);
    }
    return flags;
  }

  test("it serves clients of the authority, over TLS alone", async () => {
    const { port } = await startServing(...(await writePem()));
    expect(await connect(port, client).ask(Health.check, { service: "" })).toMatchObject({
      status: Status.SERVING,
    });
    const unknown = { ...stranger.client, caCert: client.caCert };
    for (const other of [connect(port, unknown), connect(port)]) {
      expect(await other.refused(Health.check, { service: "" })).toMatchObject({ code: Code.Unavailable });
    }
  });
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends it well", async (signal) => {
  const { program, port } = await startServing("--plaintext");
  await connect(port).ask(ConnectorService.validate, {});
  program.process.kill(signal);
  expect(await program.result).toMatchObject({ code: 0, signal: null });
});

test("the health endpoints answer beside it", async () => {
  const { program } = await startServing("--plaintext", "--health-check", "--health-check-port=0");
  const port = await told(program, /"port":(\d+),"msg":"health endpoints"/);
  for (const path of ["live", "ready", "health"]) {
    expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200);
  }
});
