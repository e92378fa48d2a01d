import { realpathSync } from "node:fs";
import { getAsset, isSea } from "node:sea";
import { Worker } from "node:worker_threads";
import { CONNECTOR_THREAD } from "#wire/thread-messages.ts";

/** The part of the single executable that holds its main script. */
const MAIN_SCRIPT = "entry.cjs";

/** Where the main script of the executable leaves a thread for the program, which is another script. */
const AHEAD = Symbol.for("baton.connector-thread");

/**
 * Whether a run will most likely start the connector in a thread. Nothing has been loaded yet that could say for
 * sure, and nothing depends on it but time.
 *
 * @param others words of runs that start none, see `commands/other-runs.ts`
 */
export function mayNeedThread(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  others: readonly string[],
): boolean {
  const isService = env["BATON_CLIENT_ID"] !== undefined || args.some((arg) => arg.startsWith("--client-id"));
  return !isService && !args.some((arg) => others.includes(arg));
}

/** Starts a thread before the program is loaded, which takes as long. It does not keep the program alive. */
export function startThreadAhead(): void {
  const worker = startThread();
  worker.unref();
  Reflect.set(globalThis, AHEAD, worker);
}

/** A thread that loads this program and waits for instructions: the one started ahead, or a new one. */
export function takeThread(): Worker {
  const ahead = takeAhead();
  ahead?.ref();
  return ahead ?? startThread();
}

/** Ends the thread that was started ahead, if there is one: this run has no use for it and may last long. */
export function dropThread(): void {
  void takeAhead()?.terminate();
}

function takeAhead(): Worker | undefined {
  const ahead: unknown = Reflect.get(globalThis, AHEAD);
  Reflect.deleteProperty(globalThis, AHEAD);
  return ahead instanceof Worker ? ahead : undefined;
}

function startThread(): Worker {
  const options = { workerData: CONNECTOR_THREAD };
  if (isSea()) return new Worker(getAsset(MAIN_SCRIPT, "utf8"), { ...options, eval: true });
  // What the shell started is often a link without an extension, which a thread could not make sense of.
  return new Worker(realpathSync(process.argv[1] ?? ""), options);
}
