/** The simulated Codecov in a process of its own, so that its work can be told from that of the programs. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readUse } from "./process-tree.ts";

const PROGRAM = join(import.meta.dirname, "..", "fakes", "codecov", "main.ts");

export class SimulatorProcess implements AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly #end: () => Promise<void>;

  constructor(address: { url: string; token: string; pid: number }, end: () => Promise<void>) {
    this.url = address.url;
    this.token = address.token;
    this.pid = address.pid;
    this.#end = end;
  }

  /** Processor time that it has used so far. */
  cpuMs(): number {
    return readUse(this.pid)?.cpuMs ?? 0;
  }

  async setLatency(ms: number): Promise<void> {
    await this.#control("POST", "latency", { ms });
  }

  async forgetRequests(): Promise<void> {
    await this.#control("DELETE", "requests");
  }

  async countRequests(): Promise<number> {
    const requests = await this.#control("GET", "requests");
    return Array.isArray(requests) ? requests.length : 0;
  }

  /** When each request arrived, in epoch milliseconds. */
  async arrivals(): Promise<number[]> {
    const requests = (await this.#control("GET", "requests")) as readonly { readonly at: number }[];
    return requests.map(({ at }) => at);
  }

  /** Reads the whole roster without doing anything with it: the time that is the simulator's own. */
  async readAlone(pageSize: number): Promise<number> {
    const startedAt = performance.now();
    for (let page = 1; ; page += 1) {
      const response = await fetch(
        `${this.url}/api/v2/github/acme/users/?page=${page}&page_size=${pageSize}`,
        { headers: { authorization: `Bearer ${this.token}` } },
      );
      const text = await response.text();
      if (!response.ok) throw new Error(`the simulator answered ${response.status}`);
      // The envelope comes first.
      if (/"next":\s*null/.test(text.slice(0, 500))) return performance.now() - startedAt;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #control(method: string, command: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}/_sim/${command}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`the simulator refused ${command}: ${await response.text()}`);
    return response.json();
  }
}

/**
 * Starts a simulator with one generated organization of so many members.
 *
 * @param further options of the simulator
 */
export async function startSimulator(
  members: number,
  further: readonly string[] = [],
): Promise<SimulatorProcess> {
  const args = [PROGRAM, "--members", String(members), "--exit-with-stdin", ...further];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    return new SimulatorProcess(JSON.parse(line), async () => {
      child.stdin.end();
      await gone;
    });
  }
  throw new Error("the simulator ended before it served");
}
