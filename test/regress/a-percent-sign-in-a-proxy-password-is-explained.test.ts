import { createServer } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { TokenEndpoint } from "../fakes/c1/token-endpoint.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

/** A proxy that notes with what it is asked, and answers nothing of use. */
async function startProxy() {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers["proxy-authorization"]);
    response.writeHead(403).end();
  });
  server.on("connect", (request, socket: Socket) => {
    authorizations.push(request.headers["proxy-authorization"]);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  return { port: await listen(server), authorizations };
}

const basic = (login: string) => `Basic ${Buffer.from(login).toString("base64")}`;

// It ended with exit code 13 and the stack of a decoder.
test.each([
  ["HTTPS_PROXY", "https://codecov.test"],
  ["http_proxy", "http://codecov.test"],
])(
  "a password with a bare %% in %s ends with exit code 3, names the variable and keeps the password",
  async (name, url) => {
    const proxy = await startProxy();
    const file = join(await temporaryDirectory(), "x.c1z");
    const run = (login: string) =>
      runProgram(["-f", file], {
        env: {
          ...codecovAt(url),
          BATON_CODECOV_ALLOW_HTTP: "true",
          [name]: `http://${login}@127.0.0.1:${proxy.port}`,
        },
      });
    const { code, stderr } = await run("user:geheim100%");
    expect(code).toBe(3);
    expect(stderr).toContain(name.toUpperCase());
    expect(stderr).not.toContain("geheim");
    expect(proxy.authorizations).toEqual([]);

    await run("us%40er:100%25");
    expect(proxy.authorizations[0]).toBe(basic("us@er:100%"));
  },
);

test("so it does in service mode, before anything is sent", async () => {
  const proxy = await startProxy();
  const { clientId, clientSecret } = new TokenEndpoint("acme.conductor.example");
  const env = {
    ...codecovAt("https://codecov.test"),
    BATON_CLIENT_ID: clientId,
    BATON_CLIENT_SECRET: clientSecret,
    HTTPS_PROXY: `http://user:geheim100%@127.0.0.1:${proxy.port}`,
  };
  const { code, stderr } = await runProgram([], { env });
  expect({ code, asked: proxy.authorizations }).toEqual({ code: 3, asked: [] });
  expect(stderr).toContain("HTTPS_PROXY");
  expect(stderr).not.toContain("geheim");
});
