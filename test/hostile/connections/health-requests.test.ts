import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServe, type Target } from "../support/servers.ts";

let target: Target;
let port: number;
beforeAll(async () => {
  target = await startServe(undefined, "--health-check", "--health-check-port=0");
  port = Number(/"port":(\d+),"msg":"health endpoints"/.exec(target.stderr())?.[1]);
});
afterAll(() => target[Symbol.asyncDispose]());

/** The status of an answer, or what else there is. */
async function ask(request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  socket.setEncoding("latin1").write(request, "latin1");
  const [text] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => ["closed"])]);
  socket.destroy();
  return /^HTTP\/1\.1 (\d{3})/.exec(String(text))?.[1] ?? String(text);
}

const get = (path: string, ...headers: readonly string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");

test.each([
  ["headers of 17 kB", get("/live", `x-long: ${"a".repeat(17_000)}`), "431"],
  ["2,000 headers", get("/live", ...Array(2_000).fill("x-a: b")), "431"],
  ["a path of 17 kB", get(`/${"a".repeat(17_000)}`), "431"],
  ["a host of somebody else", get("/live").replace("localhost", "example.com"), "200"],
  ["two hosts", get("/live", "Host: example.com"), "200"],
  ["no host", "GET /live HTTP/1.1\r\n\r\n", "400"],
  ["another method", get("/live").replace("GET", "DELETE"), "200"],
  ["no method", get("/live").replace("GET", "G\u0000T"), "400"],
  ["a path upwards", get("/../../etc/passwd"), "404"],
  ["a path in percent signs", get("/%2e%2e/%00"), "404"],
  ["an address in place of a path", get("http://169.254.169.254/latest"), "404"],
  ["a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", "closed"],
  ["an upgrade", get("/live", "Connection: upgrade", "Upgrade: h2c"), "200"],
  ["a length and chunks", get("/live", "Content-Length: 5", "Transfer-Encoding: chunked"), "400"],
  ["two lengths", get("/live", "Content-Length: 5", "Content-Length: 6"), "400"],
  ["noise", "\u0000\u00ff".repeat(1_000), "400"],
])("a health request with %s", async (_what, request, expected) => {
  expect(await ask(request)).toBe(expected);
  expect(await ask(get("/live"))).toBe("200");
});
