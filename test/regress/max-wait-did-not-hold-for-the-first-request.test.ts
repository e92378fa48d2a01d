import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FAILING, runProgram } from "../contract/program.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "max-wait-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A sync whose connector fails in some way when it is asked for the first time whether it works. */
function syncWith(failure: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return runProgram(["-f", join(directory, "sync.c1z"), ...flags], {
    program: FAILING,
    env: { BATON_TOY_TOKEN: "toy", TOY_FAILURE: failure, ...env },
  });
}

/** A connector gives up by itself after a while; here it does so at once. */
test.each([
  ["a flag", ["--max-wait=1m"], {}],
  ["a variable", [], { BATON_MAX_WAIT: "1m" }],
])("an outage at the first request is waited for where --max-wait is given as %s", async (_, flags, env) => {
  const { code, stderr } = await syncWith("validation at first", flags, env);
  expect(stderr).toMatch(/"what":"validating the connector","attempt":1.*"waiting before the next attempt"/);
  expect(code).toBe(0);
});

test("without --max-wait the first contact is not waited for, and the sentence says what would wait", async () => {
  const { code, stderr } = await syncWith("validation at first", []);
  expect(code).toBe(4);
  expect(stderr).toMatch(/deadline exceeded.*--max-wait=15m/);
  expect(await readdir(directory)).toEqual([]);
});

test("a connector that dies at the first request is not waited for", async () => {
  const startedAt = Date.now();
  const { code, stderr } = await syncWith("end of the thread in the validation", ["--max-wait=1m"]);
  expect(code).toBe(16);
  expect(stderr).toContain("exited");
  expect(Date.now() - startedAt).toBeLessThan(20_000);
});

test("an address that refuses connections is given up when --max-wait is over, which the sentence names", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const { port } = await new Promise<AddressInfo>((resolve) => {
    server.once("listening", () => resolve(server.address() as AddressInfo));
  });
  await new Promise((resolve) => server.close(resolve));
  const { code, stderr } = await runProgram(["-f", join(directory, "sync.c1z"), "--max-wait=2s"], {
    env: {
      BATON_CODECOV_API_TOKEN: "codecov-t0ken",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_BASE_URL: `http://127.0.0.1:${port}`,
    },
  });
  expect(code).toBe(14);
  expect(stderr).toMatch(/2 s \(--max-wait\).*refused/);
});
