import { hostname } from "node:os";
import { truncateUtf8 } from "#model/text.ts";
import type { ClientId } from "./credentials.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 443;
const FALLBACK_HOST_ID = "baton-sdk";
const MAX_HOST_ID = 256;

/** Where C1 is reached: `BATON_C1_API_HOST`, or the host of the client id; `host:port`. */
export function findC1Address({ host }: ClientId, env: Environment): string {
  const address = env["BATON_C1_API_HOST"] || host;
  // An IPv6 address without a port ends in its bracket.
  return /:\d+$/.test(address) ? address : `${address}:${DEFAULT_PORT}`;
}

/**
 * The name of this instance, by which C1 tells apart those that share a client id: `BATON_HOST_ID`, or the
 * name of the machine. As in Go connectors a variable that is set but empty means `baton-sdk`.
 */
export function findHostId(env: Environment): string {
  const name = env["BATON_HOST_ID"] ?? hostname();
  return truncateUtf8(name === "" ? FALLBACK_HOST_ID : name, MAX_HOST_ID);
}
