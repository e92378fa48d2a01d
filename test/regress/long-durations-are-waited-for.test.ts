import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { runProgram, startProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

let simulator: CodecovSimulator;
beforeAll(async () => {
  simulator = await startCodecovSimulator();
});
afterAll(() => simulator.close());

async function sync(maxWait: string) {
  const file = join(await temporaryDirectory(), "x.c1z");
  const token = { BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "" };
  const env = { ...codecovAt(simulator.baseUrl), ...token };
  return await runProgram(["-f", file, `--max-wait=${maxWait}`], { env });
}

// Node's timers hold 24.8 days; a longer one ended at once, and the sync gave up before it began.
test.each(["597h", "25d", "365d", "1d2h3m4s"])(
  "a sync of a healthy server with --max-wait %s succeeds",
  async (text) => {
    expect((await sync(text)).code).toBe(0);
  },
);

test.each(["0s", "0d", "366d", "99999999999999999999h", "1.5h", "d", ""])(
  "--max-wait %j is refused with exit code 2 unless it is empty, which means the default",
  async (text) => {
    const { code, stderr } = await sync(text);
    expect(code).toBe(text === "" ? 0 : 2);
    if (text !== "") expect(stderr).toContain("--max-wait");
  },
);

test("health-check names the longest --timeout, and waits that long", async () => {
  const tooLong = await runProgram(["health-check", "--timeout=2147484"]);
  expect(tooLong).toMatchObject({ code: 2, stderr: expect.stringContaining("86400") });

  const silent = createServer((socket) => socket.on("error", () => undefined));
  const port = await listen(silent);
  const waiting = startProgram(["health-check", "--timeout=86400", `--health-check-port=${port}`]);
  await new Promise((resolve) => silent.once("connection", resolve));
  await delay(300);
  expect(waiting.process.exitCode).toBeNull();
  waiting.process.kill("SIGKILL");
  await waiting.result;
});

test.each([2 ** 31, 2 ** 33, Number.POSITIVE_INFINITY])(
  "a sleep of %d ms does not end at once",
  async (ms) => {
    const ended = new AbortController();
    const sleeping = systemClock.sleep(ms, ended.signal).then(() => "woken");
    expect(await Promise.race([sleeping.catch(() => "aborted"), delay(50, "asleep")])).toBe("asleep");
    ended.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
  },
);
