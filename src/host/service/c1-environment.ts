import { hostname } from "node:os";
import { type Environment, wrongVariable } from "#kernel/environment.ts";
import { truncateUtf8 } from "#model/utf8.ts";
import type { ClientId } from "./c1-credentials.ts";

export type { Environment } from "#kernel/environment.ts";

const DEFAULT_PORT = 443;
const FALLBACK_HOST_ID = "baton-sdk";
const MAX_HOST_ID = 256;

/** `host` or `host:port`; an IPv6 address in brackets. */
const ADDRESS = /^(?:\[[\da-f:.]+\]|[^\s/:@?#[\]]+)(?::(?<port>\d{1,5}))?$/i;
const MAX_PORT = 65_535;

/**
 * Where C1 is reached: `BATON_C1_API_HOST`, or the host of the client id; `host:port`.
 *
 * @throws BatonError Unknown if that is not an address
 */
export function findC1Address({ host }: ClientId, env: Environment): string {
  const override = env["BATON_C1_API_HOST"] ?? "";
  const address = override || host;
  const match = ADDRESS.exec(address);
  const port = match?.groups?.["port"];
  if (match === null || Number(port ?? DEFAULT_PORT) > MAX_PORT) {
    const name = override === "" ? "--client-id" : "BATON_C1_API_HOST";
    throw wrongVariable(name, `value must be host or host:port, not "${address}"`);
  }
  return port === undefined ? `${address}:${DEFAULT_PORT}` : address;
}

/**
 * The name of this instance, by which C1 distinguishes those that share a client id: `BATON_HOST_ID`, or the
 * name of the machine. As in Go connectors a variable that is set but empty means `baton-sdk`.
 */
export function findHostId(env: Environment): string {
  const name = env["BATON_HOST_ID"] ?? hostname();
  return truncateUtf8(name === "" ? FALLBACK_HOST_ID : name, MAX_HOST_ID);
}
