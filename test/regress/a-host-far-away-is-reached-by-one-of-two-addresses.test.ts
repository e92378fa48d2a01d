import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { startProgram } from "../contract/program.ts";
import { codecovAt, temporaryDirectory } from "./network.ts";

/** Answers each request with 401, on the address and with the port of its arguments. */
const SERVER = `
const [host, port] = process.argv.slice(1);
require("node:http").createServer((request, response) => {
  response.writeHead(401, { "content-type": "application/json" }).end('{"detail": "Invalid token."}');
}).listen({ host, port: Number(port), backlog: 1 }, function () { console.log(this.address().port); });
`;

/** Gives the name `far.test` two addresses. */
const NAMES = `
import dns from "node:dns";
const lookup = dns.lookup;
dns.lookup = (name, options, callback) => {
  if (name !== "far.test") return lookup(name, options, callback);
  const addresses = ["127.0.0.2", "127.0.0.3"].map((address) => ({ address, family: 4 }));
  if (options.all) callback(null, addresses);
  else callback(null, addresses[0].address, 4);
};
`;

/** How `/proc/net/tcp` calls a connection whose first packet has no answer. */
const SYN_SENT = "02";

/** A server that has fallen asleep with a full queue, so that the system answers no attempt to connect. */
async function startSleeping(host: string, port: number): Promise<{ port: number; process: ChildProcess }> {
  const process = spawn(globalThis.process.execPath, ["-e", SERVER, host, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    process.kill("SIGKILL");
  });
  const [line] = await once(process.stdout, "data");
  process.kill("SIGSTOP");
  const bound = Number(String(line));
  // A queue of one takes two.
  const queued: Socket[] = [];
  for (let count = 0; count < 4; count += 1) {
    const socket = connect(bound, host);
    socket.on("error", () => undefined);
    queued.push(socket);
    await delay(20);
  }
  onTestFinished(() => {
    for (const socket of queued) socket.destroy();
  });
  return { port: bound, process };
}

/*
 * The first address answers after a second (the first packet is lost and sent again), the second one never. Node gave up
 * the first after half a second, so that no connection was ever made. Only Linux drops packets for a full queue.
 */
test.runIf(process.platform === "linux")(
  "a host whose first address answers after a second is reached although its second never does",
  async () => {
    const far = await startSleeping("127.0.0.2", 0);
    await startSleeping("127.0.0.3", far.port);
    const directory = await temporaryDirectory();
    const names = join(directory, "names.mjs");
    await writeFile(names, NAMES);
    const others = await countAttempts(far.port);
    // Less than the ten seconds after which a connection counts as failed and is tried again, fast by then.
    const program = startProgram(["-f", join(directory, "x.c1z"), "--max-wait=8s"], {
      env: {
        ...codecovAt(`http://far.test:${far.port}`),
        BATON_CODECOV_ALLOW_HTTP: "true",
        NODE_OPTIONS: `--import ${pathToFileURL(names).href}`,
      },
    });
    while ((await countAttempts(far.port)) <= others) await delay(10);
    await delay(600);
    far.process.kill("SIGCONT");
    // It was told by the server itself that the token is wrong.
    expect((await program.result).code).toBe(16);
  },
);

/** Attempts to connect to 127.0.0.2 that nobody has answered yet. */
async function countAttempts(port: number): Promise<number> {
  const peer = `0200007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const table = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  return table.filter(([, , remote, state]) => remote === peer && state === SYN_SENT).length;
}
