import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, type LaunchOptions, launchConnector } from "#launch/launch.ts";
import { launchConnectorThread } from "#launch/launch-thread.ts";
import { CONNECTOR_THREAD } from "#wire/thread-messages.ts";

const CHILD = join(import.meta.dirname, "connector-child.ts");
const THREAD = join(import.meta.dirname, "connector-thread.ts");

/** Starts a connector of `connector-child.ts` or `connector-thread.ts`. */
export type LaunchFake = (
  mode: string,
  number?: number,
  options?: Partial<LaunchOptions>,
) => Promise<LaunchedConnector>;

export const launchFakeProcess: LaunchFake = async (mode, number = 0, options = {}) => {
  const command = { command: process.execPath, args: [CHILD, mode, String(number)], env: process.env };
  return await launchConnector(command, { ...defaults(), ...options });
};

export const launchFakeThread: LaunchFake = async (mode, number = 0, options = {}) => {
  const args = [mode, String(number)];
  return await launchConnectorThread(
    { worker: startWorker(THREAD), args, env: process.env },
    { ...defaults(), ...options },
  );
};

/** A worker that waits to be told that it is a connector's. */
export function startWorker(script: string): Worker {
  return new Worker(script, { workerData: CONNECTOR_THREAD });
}

const defaults = (): LaunchOptions => ({ log: silentLogger, signal: new AbortController().signal });
