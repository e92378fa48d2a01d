/**
 * A connector process for tests of the host: the toy connector, and ways to misbehave that only a process of
 * its own can play. Started as `node connector-child.ts <mode> [number]`.
 */

import { setTimeout as delay } from "node:timers/promises";
import { runConnectorService } from "#server/lifecycle.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { ProbeConnector } from "./probe-connector.ts";
import { ToyConnector } from "./toy-connector.ts";

const [, , mode = "toy", number = "0"] = process.argv;

const gates = { provisioning: true, ticketing: false };

/** Kills this process in the middle of the call after the first `calls` ones. */
class MortalConnector extends ToyConnector {
  #left = Number(number);

  constructor() {
    super();
    for (const syncer of this.syncers) {
      const list = syncer.list.bind(syncer);
      syncer.list = (...args) => this.#live(() => list(...args));
    }
  }

  override validate() {
    return this.#live(() => super.validate());
  }

  override async cleanup(activeSyncId: string) {
    await this.#live(() => super.cleanup(activeSyncId));
  }

  async #live<T>(work: () => Promise<T>): Promise<T> {
    this.#left -= 1;
    if (this.#left < 0) process.kill(process.pid, "SIGKILL");
    return await work();
  }
}

class SilentConnector extends ToyConnector {
  override validate() {
    return new Promise<never>(() => {});
  }
}

async function serve(connector: ToyConnector): Promise<number> {
  return await runConnectorService({
    createConnector: () => connector,
    gates,
    log: createLogger({ level: "error" }),
    ...(connector instanceof ProbeConnector ? { tracer: connector.tracer } : {}),
  });
}

/** Keeps the process alive without doing anything. */
function linger(): Promise<never> {
  setInterval(() => undefined, 60_000);
  return new Promise(() => {});
}

const modes: Readonly<Record<string, () => Promise<number>>> = {
  toy: () => serve(new ToyConnector(Number(number) || 5)),
  probe: () => serve(new ProbeConnector()),
  "dies-in-call": () => serve(new MortalConnector()),
  "never-answers": () => serve(new SilentConnector()),
  "ends-at-once": async () => Number(number),
  "never-serves": linger,
  "starts-slowly": async () => {
    await delay(Number(number));
    return await serve(new ToyConnector());
  },
  "ignores-the-end": async () => {
    void serve(new ToyConnector());
    return await linger();
  },
};

process.exitCode = await modes[mode]?.();
process.exit();
