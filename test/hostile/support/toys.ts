import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { type RunningProgram, startProgram, TOY } from "../../contract/program.ts";
import { TestClient } from "../../fakes/grpc-client.ts";

/** `serve` of the toy company under attack, and the certificate of a client that it lets in. */
export interface Serving extends AsyncDisposable {
  readonly program: RunningProgram;
  readonly port: number;
  readonly credential: Credential;
}

/** Starts `serve` with mutual TLS on a free port of loopback. */
export async function serveWithTls(...flags: readonly string[]): Promise<Serving> {
  const directory = await mkdtemp(join(tmpdir(), "hostile-"));
  const { server, client } = createLocalCredentials(Date.now());
  const { ca, cert, key } = toPem(server);
  const files = { cert, key, "client-ca": ca };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const tls = Object.keys(files).map((name) => `--tls-${name}-path=${join(directory, name)}`);
  const args = ["serve", "--listen=127.0.0.1:0", "--log-format=json", ...tls, ...flags];
  const program = startProgram(args, { program: TOY, env: { BATON_TOY_TOKEN: "toy" } });
  const port = await portOf(program, /"address":"127\.0\.0\.1:(\d+)"/);
  return {
    program,
    port,
    credential: client,
    [Symbol.asyncDispose]: async () => {
      program.process.kill("SIGKILL");
      await program.result;
      await rm(directory, { recursive: true });
    },
  };
}

/** The port that a starting program tells in its log. */
export async function portOf(program: RunningProgram, pattern: RegExp): Promise<number> {
  await expect.poll(() => program.stderr(), { timeout: 30_000 }).toMatch(pattern);
  return Number(pattern.exec(program.stderr())?.[1]);
}

/** Milliseconds until a client that has just arrived is answered. */
export async function timeToAnswer(port: number, credential: Credential): Promise<number> {
  const startedAt = performance.now();
  const client = new TestClient(port, credential);
  try {
    await client.call(ConnectorService.validate, {}, { deadline: new Date(Date.now() + 60_000) });
  } finally {
    client.close();
  }
  return performance.now() - startedAt;
}
