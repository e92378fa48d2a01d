import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { TokenEndpoint } from "../fakes/c1/token-endpoint.ts";
import { createServerCertificate } from "../fakes/certificates.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

/** An address of this machine that is not loopback, which no proxy is ever asked for. */
const address = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

async function startProxy() {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(403).end();
  });
  server.on("connect", (request, socket: Socket) => {
    asked.push(request.url);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, asked };
}

// A range in NO_PROXY, the usual value in clusters, was taken for the name of a host.
test.runIf(address !== undefined)(
  "a base URL with an address within a range of NO_PROXY is asked directly",
  async () => {
    const proxy = await startProxy();
    let direct = 0;
    const codecov = createServer((_request, response) => {
      direct += 1;
      response.writeHead(401, { "content-type": "application/json" }).end('{"detail": "Invalid token."}');
    });
    const port = await listen(codecov, address);
    const file = join(await temporaryDirectory(), "x.c1z");
    const run = (exceptions: string) =>
      runProgram(["-f", file], {
        env: {
          ...codecovAt(`http://${address}:${port}`),
          BATON_CODECOV_ALLOW_HTTP: "true",
          HTTP_PROXY: proxy.url,
          NO_PROXY: exceptions,
        },
      });
    expect((await run(`203.0.113.0/24,${address}/8`)).code).toBe(16);
    expect(proxy.asked).toEqual([]);
    expect(direct).toBeGreaterThan(0);

    direct = 0;
    await run(`203.0.113.0/24,${address}:${port + 1}`);
    expect(proxy.asked.length).toBeGreaterThan(0);
    expect(direct).toBe(0);
  },
);

test.runIf(address !== undefined)("so is a C1 at such an address", async () => {
  const proxy = await startProxy();
  let direct = 0;
  const c1 = createTlsServer(createServerCertificate()).on("connection", () => {
    direct += 1;
  });
  const port = await listen(c1, address);
  const { clientId, clientSecret } = new TokenEndpoint("acme.conductor.example");
  const run = (exceptions: string) =>
    runProgram([], {
      env: {
        ...codecovAt("http://127.0.0.1:1"),
        BATON_CLIENT_ID: clientId,
        BATON_CLIENT_SECRET: clientSecret,
        BATON_C1_API_HOST: `${address}:${port}`,
        HTTPS_PROXY: proxy.url,
        NO_PROXY: exceptions,
      },
    });
  // Its certificate is not trusted, and the proxy refuses: both end the program.
  expect((await run(`${address}/8:${port}`)).code).toBe(9);
  expect({ asked: proxy.asked, direct }).toEqual({ asked: [], direct: 1 });
  expect((await run(`${address}:${port + 1}`)).code).toBe(9);
  expect({ asked: proxy.asked, direct }).toEqual({ asked: [`${address}:${port}`], direct: 1 });
});
