import { isMainThread } from "node:worker_threads";

/**
 * What a thread of the program does; each role has its own code cache. `host`: runs a sync, with the connector in a
 * thread (`thread`) beside it. `process`: the connector as a process of its own, which speaks gRPC.
 */
export type Role = "host" | "thread" | "process";

export const ROLES: readonly Role[] = ["host", "thread", "process"];

export function roleOf(argv: readonly string[]): Role {
  if (!isMainThread) return "thread";
  return argv.includes("_connector-service") ? "process" : "host";
}
