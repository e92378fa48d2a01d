import { createServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ConnectorServiceService } from "#gen/c1/connector/v2/connector.ts";
import { Code } from "#kernel/errors.ts";
import { runProgram, startProgram } from "../contract/program.ts";
import { TestClient } from "../fakes/grpc-client.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

/** An address at which nobody listens. */
const REFUSING = "http://127.0.0.1:1";

/** A server that takes connections and answers nothing. */
async function startSilent(): Promise<string> {
  const server = createServer(() => undefined);
  onTestFinished(() => {
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

async function sync(baseUrl: string) {
  const file = join(await temporaryDirectory(), "x.c1z");
  const { code, stderr } = await runProgram(["-f", file, "--max-wait=2s"], { env: codecovAt(baseUrl) });
  return { code, sentence: stderr.trimEnd().split("\n").at(-1) };
}

// The host gave up before its connector did, and could only say that nothing came.
test("a sync that is refused says so when its patience ends", async () => {
  const { code, sentence } = await sync(REFUSING);
  expect({ code, sentence }).toEqual({ code: 14, sentence: expect.stringContaining("refused") });
});

test("a sync that gets no answer says to what", async () => {
  const { code, sentence } = await sync(await startSilent());
  expect({ code, sentence }).toEqual({ code: 14, sentence: expect.stringMatching(/GET \/api\/v2\/github/) });
});

test.each<[string, () => Promise<string>, number]>([
  ["refuses", async () => REFUSING, Code.Unavailable],
  ["is silent", startSilent, Code.DeadlineExceeded],
])("a caller with a deadline is told before it that Codecov %s", async (_what, start, code) => {
  const program = startProgram(["serve", "--plaintext", "--listen=127.0.0.1:0"], {
    env: codecovAt(await start()),
  });
  onTestFinished(() => {
    program.process.kill("SIGKILL");
  });
  let port: string | undefined;
  while (port === undefined) {
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    port = /"address":"127\.0\.0\.1:(\d+)"/.exec(program.stderr())?.[1];
  }
  const client = new TestClient(Number(port));
  const deadline = new Date(Date.now() + 2_000);
  const call = client.call(ConnectorServiceService.validate, {}, { deadline });
  await expect(call).rejects.toMatchObject({ code, details: expect.stringContaining("GET /api/v2/github") });
  client.close();
});
