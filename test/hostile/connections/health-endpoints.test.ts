import { expect, test } from "vitest";
import { Flood } from "../support/floods.ts";
import { tell } from "../support/memory.ts";
import { promptMs } from "../support/patience.ts";
import { portOf, serveWithTls } from "../support/toys.ts";

test.each([
  ["say nothing", undefined],
  ["begin a request and stop", Buffer.from("GET /live HTTP/1.1\r\nHost: x\r\nX-Slow: ")],
  ["ask once and stay", Buffer.from("GET /live HTTP/1.1\r\nHost: x\r\n\r\n")],
])("200 connections that %s do not hold up a probe", async (_how, bytes) => {
  await using serving = await serveWithTls("--health-check", "--health-check-port=0");
  const port = await portOf(serving.program, /"port":(\d+),"msg":"health endpoints"/);
  const flood = new Flood();
  try {
    await flood.open(200, { port, host: "127.0.0.1" }, bytes);
    const startedAt = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}/live`);
    const waited = performance.now() - startedAt;
    tell("the probe waited", `${waited.toFixed(0)} ms`);
    expect(answer.status).toBe(200);
    expect(waited).toBeLessThan(promptMs());
  } finally {
    flood.end();
  }
});
