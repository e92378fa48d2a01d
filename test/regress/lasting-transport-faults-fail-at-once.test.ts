import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

// Everything unknown was taken for passing and asked again for a quarter of an hour.
test.each([
  ["headers above 16 KiB", `${OK}X-Long: ${"x".repeat(20_000)}\r\nContent-Length: 2\r\n\r\n{}`],
  ["two lengths", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
  ["a header without a colon", `${OK}nonsense\r\n\r\n`],
  ["a broken chunk", `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}`],
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n"],
])("an answer with %s ends a sync with exit code 9 and is asked for once", async (_what, bytes) => {
  const paths: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      paths.push(data.toString("latin1").split(" ")[1] ?? "");
      socket.end(bytes);
    });
  });
  const file = join(await temporaryDirectory(), "x.c1z");
  const { code, stderr } = await runProgram(["-f", file], {
    env: codecovAt(`http://127.0.0.1:${await listen(server)}`),
  });
  expect(code).toBe(9);
  // Every reason comes with what to do.
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/failed: the .*proxy/);
  expect(paths).toEqual([...new Set(paths)]);
});

test("an answer that is cut short is asked for again", async () => {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      requests += 1;
      socket.end(`${OK}Content-Length: 200\r\n\r\n{`);
    });
  });
  const file = join(await temporaryDirectory(), "x.c1z");
  const { code } = await runProgram(["-f", file, "--max-wait=5s"], {
    env: codecovAt(`http://127.0.0.1:${await listen(server)}`),
  });
  expect(code).toBe(14);
  expect(requests).toBeGreaterThan(2);
});
