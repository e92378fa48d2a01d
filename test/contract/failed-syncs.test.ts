import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { runProgram } from "./program.ts";

const HTML = "<!doctype html><html><head><title>Access denied</title></head></html>";
/** What a `.c1z` file begins with; the rest is zstd. */
const MAGIC_BYTES = "C1ZF\0".length;
const LEVELS = ["debug", "info", "warn", "error"];

let simulator: CodecovSimulator;
let proxy: Server;
/** The file of an earlier sync, which all cases have beforehand. */
let earlier: string;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "baton-failed-"));
  simulator = await startCodecovSimulator();
  proxy = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(HTML));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  earlier = join(directory, "earlier.c1z");
  const { code } = await runProgram(["-f", earlier], { cwd: directory, env: settings() });
  expect(code).toBe(0);
});
afterAll(async () => {
  proxy.close();
  await simulator.close();
  await rm(directory, { recursive: true });
});

function settings(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    ...changes,
  };
}

interface Failure {
  readonly name: string;
  readonly code: number;
  readonly sentence: RegExp;
  readonly changes: () => Record<string, string>;
}

const FAILURES: readonly Failure[] = [
  {
    name: "a wrong token",
    code: 16,
    sentence: /401 Unauthorized.*Invalid token.*check that the API token is correct/i,
    changes: () => ({ BATON_CODECOV_API_TOKEN: "11111111-2222-4333-8444-555555555555" }),
  },
  {
    name: "the token of somebody who is no member",
    code: 7,
    sentence: /acme exists on github, but the owner of the API token is not a member/,
    changes: () => ({ BATON_CODECOV_API_TOKEN: simulator.tokens["outsider-token"] ?? "" }),
  },
  {
    name: "a wrong service",
    code: 3,
    sentence: /another git service than gitlab.*correct --codecov-service/,
    changes: () => ({ BATON_CODECOV_SERVICE: "gitlab" }),
  },
  {
    name: "a service that Codecov does not have",
    code: 2,
    sentence: /--codecov-service: value must be one of \[github, /,
    changes: () => ({ BATON_CODECOV_SERVICE: "sourceforge" }),
  },
  {
    name: "an unknown owner",
    code: 5,
    sentence: /no organization nobody on github; check --codecov-owner/,
    changes: () => ({ BATON_CODECOV_OWNER: "nobody" }),
  },
  {
    name: "a personal account",
    code: 12,
    sentence: /alice on github .* is a personal account/,
    changes: () => ({ BATON_CODECOV_OWNER: "alice" }),
  },
  {
    name: "a missing field",
    code: 2,
    sentence: /required flag\(s\) "codecov-owner" not set/,
    changes: () => ({ BATON_CODECOV_OWNER: "" }),
  },
  {
    name: "a host that cannot be reached",
    code: 14,
    sentence: /the connection was refused/,
    changes: () => ({ BATON_CODECOV_BASE_URL: "http://127.0.0.1:1", BATON_MAX_WAIT: "1s" }),
  },
  {
    name: "a host name that does not exist",
    code: 3,
    sentence: /no host named codecov\.invalid; check the base URL/,
    changes: () => ({ BATON_CODECOV_BASE_URL: "https://codecov.invalid", HTTPS_PROXY: "", https_proxy: "" }),
  },
  {
    name: "a server without TLS where TLS is expected",
    code: 9,
    sentence: /does not speak TLS there.*check scheme and port/,
    changes: () => ({ BATON_CODECOV_BASE_URL: simulator.baseUrl.replace("http:", "https:") }),
  },
  {
    name: "a proxy that answers with a web page",
    code: 9,
    sentence: /HTML page titled "Access denied" instead of JSON; check .* no proxy responds in its place/,
    changes: () => ({
      BATON_CODECOV_BASE_URL: "http://codecov.example",
      BATON_CODECOV_ALLOW_HTTP: "true",
      HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      http_proxy: "",
    }),
  },
];

test.each(FAILURES.map((failure, index) => ({ ...failure, level: LEVELS[index % LEVELS.length] ?? "" })))(
  "$name ends in one sentence, exit code $code, the earlier file untouched and the token unsaid ($level)",
  async ({ code, sentence, changes, level }) => {
    const cwd = await mkdtemp(join(directory, "case-"));
    await copyFile(earlier, join(cwd, "sync.c1z"));
    const env = settings({ BATON_LOG_LEVEL: level, ...changes() });

    const result = await runProgram([], { cwd, env });

    const plain = result.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
    expect(plain).toEqual([expect.stringMatching(sentence)]);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).not.toMatch(/\bat .*:\d+:\d+\)?/);
    const said = result.stdout + result.stderr;
    for (const token of [env["BATON_CODECOV_API_TOKEN"] ?? "", ...Object.values(simulator.tokens)])
      expect(said).not.toContain(token);
    expect(await readdir(cwd)).toEqual(["sync.c1z"]);
    expect((await readFile(join(cwd, "sync.c1z"))).equals(await readFile(earlier))).toBe(true);
  },
);

test("a successful sync says the token neither in its log nor in its file, wherever it came from", async () => {
  const cwd = await mkdtemp(join(directory, "well-"));
  const env = settings({ BATON_LOG_LEVEL: "debug" });
  const token = env["BATON_CODECOV_API_TOKEN"] ?? "";
  await writeFile(join(cwd, "token"), `${token}\n`);
  const fromFile = { ...env, BATON_CODECOV_API_TOKEN: "", BATON_CODECOV_API_TOKEN_FILE: "token" };
  for (const environment of [env, fromFile]) {
    const result = await runProgram([], { cwd, env: environment });
    expect(result.code).toBe(0);
    expect(result.stdout + result.stderr).not.toContain(token);
    const content = zstdDecompressSync((await readFile(join(cwd, "sync.c1z"))).subarray(MAGIC_BYTES));
    expect(content.includes("acme")).toBe(true);
    expect(content.includes(token)).toBe(false);
  }
});
