import { writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { FakeC1 } from "../fakes/c1/fake-c1.ts";
import { createServerCertificate } from "../fakes/certificates.ts";
import { startOtelCollector } from "../fakes/otel-collector.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

const UNCHECKED = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };

/** A server with a certificate that nobody vouches for, which notes what it is asked and refuses every token. */
async function startUntrusted() {
  const certificate = createServerCertificate();
  const asked: (string | undefined)[] = [];
  const server = createServer(certificate, (request, response) => {
    asked.push(request.url);
    response.writeHead(401, { "content-type": "application/json" }).end('{"detail": "Invalid token."}');
  });
  return { port: await listen(server), asked, certificate, server };
}

function countWarnings(stderr: string): number {
  return stderr.split("\n").filter((line) => line.includes("NODE_TLS_REJECT_UNAUTHORIZED")).length;
}

// The variable switched the check off without a word, and the token went to whoever answered.
test("a sync sends nothing to a server that nobody vouches for, and says once that the variable has no effect", async () => {
  const { port, asked, certificate } = await startUntrusted();
  const file = join(await temporaryDirectory(), "x.c1z");
  const settings = codecovAt(`https://localhost:${port}`);
  const { code, stderr } = await runProgram(["-f", file], { env: { ...settings, ...UNCHECKED } });
  expect({ code, asked, warnings: countWarnings(stderr) }).toEqual({ code: 9, asked: [], warnings: 1 });

  const authority = join(await temporaryDirectory(), "ca.pem");
  await writeFile(authority, certificate.cert);
  const trusting = { ...settings, ...UNCHECKED, SSL_CERT_FILE: authority };
  expect((await runProgram(["-f", file], { env: trusting })).code).toBe(16);
  expect(asked.length).toBeGreaterThan(0);
});

test("nor through a tunnel, nor to a proxy that nobody vouches for", async () => {
  const target = await startUntrusted();
  const tunnel = createHttpServer().on("connect", (_request, socket: Socket) => {
    const upstream = connect(target.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) end.on("error", () => end.destroy());
  });
  const proxy = await startUntrusted();
  const file = join(await temporaryDirectory(), "x.c1z");
  for (const HTTPS_PROXY of [
    `http://localhost:${await listen(tunnel)}`,
    `https://user:password@localhost:${proxy.port}`,
  ]) {
    const env = { ...codecovAt("https://codecov.test"), ...UNCHECKED, HTTPS_PROXY };
    expect((await runProgram(["-f", file], { env })).code).toBe(9);
  }
  expect([...target.asked, ...proxy.asked]).toEqual([]);
});

test("service mode sends no proof of its identity to a C1 that nobody vouches for", async () => {
  await using c1 = await FakeC1.start();
  const { SSL_CERT_FILE: _, ...c1Settings } = c1.environment("");
  const env = { ...codecovAt("http://127.0.0.1:1"), ...c1Settings, ...UNCHECKED };
  const { code, stderr } = await runProgram([], { env });
  expect({ code, warnings: countWarnings(stderr) }).toEqual({ code: 9, warnings: 1 });
  expect(c1.tokens.assertions).toEqual([]);
});

test("no trace goes to a collector that nobody vouches for", async () => {
  await using collector = await startOtelCollector({ tls: true });
  const file = join(await temporaryDirectory(), "x.c1z");
  const run = async (settings: Readonly<Record<string, string>>) => {
    const endpoint = { BATON_OTEL_COLLECTOR_ENDPOINT: `https://localhost:${collector.port}` };
    const { port } = await startUntrusted();
    await runProgram(["-f", file], {
      env: { ...codecovAt(`https://localhost:${port}`), ...UNCHECKED, ...endpoint, ...settings },
    });
    return collector.received.length;
  };
  const roots = join(await temporaryDirectory(), "roots.pem");
  await writeFile(roots, collector.certificate);
  expect(await run({ GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: roots })).toBe(0);
  const authority = Buffer.from(collector.certificate).toString("base64url");
  expect(await run({ BATON_OTEL_COLLECTOR_ENDPOINT_TLS_CERT: authority })).toBeGreaterThan(0);
});
