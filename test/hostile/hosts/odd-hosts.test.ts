import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, onTestFinished, test } from "vitest";
import { createLocalCredentials } from "#launch/certs.ts";
import { openChildListener } from "#launch/listener.ts";
import { LISTENER_FD_VARIABLE } from "#wire/names.ts";
import { type Credential, encodeStartupLine } from "#wire/server-config.ts";
import { TOY } from "../../contract/program.ts";
import { peakMiB } from "../support/memory.ts";

const MIB = 1024 * 1024;

/** A host that does something wrong. */
interface OddHost {
  /** Writes to standard input; a good line if absent. */
  readonly say?: (stdin: Writable) => void | Promise<void>;
  readonly credential?: Partial<Credential>;
  /** Added to the port that is announced. */
  readonly portOff?: number;
  /** Value of the variable; unset for null. */
  readonly descriptor?: string | null;
  /** What is handed over in place of a listener. */
  readonly hand?: () => number;
}

/** How the connector process ended, and what it had to say. */
async function start({ say, credential, portOff = 0, descriptor = "3", hand }: OddHost) {
  const listener = await openChildListener();
  const env = { ...process.env, BATON_TOY_TOKEN: "toy" };
  const child = spawn(process.execPath, [TOY, "_connector-service"], {
    stdio: ["pipe", "pipe", "pipe", hand?.() ?? listener.descriptor],
    env: descriptor === null ? env : { ...env, [LISTENER_FD_VARIABLE]: descriptor },
  });
  const closed = once(child, "close");
  await listener.close();
  const output = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  let peak = 0;
  child.on("exit", () => clearInterval(watch));
  const watch = setInterval(() => (peak = Math.max(peak, peakMiB(child.pid) || 0)), 20);
  const { server } = createLocalCredentials(Date.now());
  const startup = {
    credential: { ...server, ...credential },
    listenPort: listener.port + portOff,
    sessionStorePort: 0,
  };
  const { stdin } = child;
  if (stdin === null) throw new Error("the child has no standard input");
  // It may be gone before everything is written.
  stdin.on("error", () => undefined);
  if (say === undefined) stdin.write(`${encodeStartupLine(startup)}\n`);
  else await say(stdin);
  const [code, signal]: unknown[] = await closed;
  return { code, signal, ...output, peakMiB: peak };
}

const end =
  (...parts: readonly (string | Uint8Array)[]) =>
  (stdin: Writable) =>
    void stdin.end(Buffer.concat(parts.map((part) => Buffer.from(part))));

/** Many of the same bytes, for as long as somebody reads. */
const flood = (byte: number) => async (stdin: Writable) => {
  const chunk = Buffer.alloc(MIB, byte);
  await pipeline(Array(300).fill(chunk), stdin).catch(() => undefined);
};

const LINES: Readonly<Record<string, OddHost>> = {
  "says nothing and goes": { say: end() },
  "sends an empty line": { say: end("\n") },
  "sends a blank line": { say: end("   \n") },
  "sends a text": { say: end("start, please\n") },
  "sends the base64 of a text": { say: end(`${Buffer.from("start, please").toString("base64")}\n`) },
  "sends JSON": { say: end('{"credential":{}}\n') },
  "sends bytes": { say: end(Buffer.alloc(1_000, 0xff), "\n") },
  "sends 300 MB of a line": { say: flood(0x41) },
  "sends 300 MB of zeros": { say: flood(0) },
  "sends a line that is cut off": { say: end("CgYKBAoCMA==".slice(0, 7)) },
};

const DESCRIPTORS: Readonly<Record<string, OddHost>> = {
  "hands over no descriptor": { descriptor: null },
  "names no descriptor": { descriptor: "" },
  "names a word": { descriptor: "three" },
  "names a negative descriptor": { descriptor: "-1" },
  "names a descriptor that is not open": { descriptor: "77" },
  "names a descriptor beyond all numbers": { descriptor: "99999999999999999999" },
  "names standard input": { descriptor: "0" },
  "hands over a file": { hand: () => openSync(import.meta.filename, "r") },
  "announces another port": { portOff: 1 },
};

const other = createLocalCredentials(Date.now()).server;

const CREDENTIALS: Readonly<Record<string, OddHost>> = {
  "sends a key of ten bytes": { credential: { key: Buffer.alloc(10) } },
  "sends a certificate that is none": { credential: { cert: Buffer.from("no certificate") } },
  "sends an authority that is none": { credential: { caCert: Buffer.from("no certificate") } },
  "sends the key of another certificate": { credential: { key: other.key } },
};

const HOSTS: Readonly<Record<string, OddHost>> = { ...LINES, ...DESCRIPTORS, ...CREDENTIALS };

test.concurrent.for(Object.keys(HOSTS))("a host that %s is told so in one sentence", async (name) => {
  const { peakMiB: peak, stderr, ...ended } = await start(HOSTS[name] ?? {});
  expect(ended).toEqual({ code: 2, signal: null, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr.length).toBeLessThan(500);
  expect(peak).toBeLessThan(200);
});

test.skipIf(process.platform === "win32")(
  "a connected socket in place of a listener is told in one sentence",
  async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    const socket = connectTcp(address.port, "127.0.0.1");
    await once(socket, "connect");
    onTestFinished(() => {
      socket.destroy();
      server.close();
    });
    const handle: unknown = Reflect.get(socket, "_handle");
    const descriptor: unknown = Reflect.get(Object(handle), "fd");
    if (typeof descriptor !== "number") throw new Error("the socket has no descriptor");
    const { code, stderr } = await start({ hand: () => descriptor });
    expect({ code, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 2, lines: 1 });
  },
);

/** A host that starts the connector of its arguments, tells its process id, and does no more. */
const HOST = `
  const server = require("net").createServer().listen(0, "127.0.0.1", () => {
    const child = require("child_process").spawn(process.execPath, process.argv.slice(1), {
      stdio: ["pipe", "ignore", "ignore", server._handle.fd],
      env: { ...process.env, ${LISTENER_FD_VARIABLE}: "3" },
    });
    process.stdout.write(child.pid + " " + server.address().port + "\\n");
    process.stdin.on("data", (line) => child.stdin.write(line));
  });
`;

test("a connector goes when its host is killed", async () => {
  const host = spawn(process.execPath, ["-e", HOST, TOY, "_connector-service"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, BATON_TOY_TOKEN: "toy" },
  });
  const [told] = await once(host.stdout.setEncoding("utf8"), "data");
  const [pid = 0, listenPort = 0] = String(told).split(" ").map(Number);
  const credential = createLocalCredentials(Date.now()).server;
  host.stdin.write(`${encodeStartupLine({ credential, listenPort, sessionStorePort: 0 })}\n`);
  await expect.poll(() => isAlive(pid)).toBe(true);
  host.kill("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
