import type { Dispatcher } from "undici";
import { readExtraAuthorities } from "./authorities.ts";
import type { NetworkEnvironment } from "./network-environment.ts";
import { chooseProxy, type ProxyServer } from "./proxy.ts";

/** Requests under way at one time; further ones wait. A host may run many calls at once. */
const MAX_CONNECTIONS = 8;

/**
 * How long one of several addresses of a host is tried, at most. Node gives each but the last 250 ms (Node 24) or
 * 500 ms, after which a server far away is never reached that would have answered within the time for the whole. This
 * is enough for a packet that is lost once (it is sent again after a second) and a round trip of 1.5 s.
 */
const LONGEST_ADDRESS_ATTEMPT_MS = 2_500;

/** Addresses that get their turn before the time for the connection is over. */
const ADDRESS_ATTEMPTS = 4;

export interface DispatcherOptions {
  readonly origin: string;
  readonly connectTimeoutMs: number;
  readonly environment: NetworkEnvironment;
}

/**
 * Opens the one pool of connections to an origin: directly, or through the proxy that the environment names for it.
 * HTTP/1.1 only. Certificates are always checked, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says.
 *
 * undici takes about 60 ms to load, which is why it is loaded here and not when the program starts.
 *
 * @throws BatonError InvalidArgument for an environment variable that cannot be used.
 */
export async function openDispatcher(options: DispatcherOptions): Promise<Dispatcher> {
  const { Pool, ProxyAgent } = await import("undici");
  const { origin, connectTimeoutMs, environment } = options;
  const ca = readExtraAuthorities(environment);
  const connect = { ...connectOptions(connectTimeoutMs), ...(ca === undefined ? {} : { ca }) };
  const pool = { allowH2: false, connections: MAX_CONNECTIONS, connect };
  const proxy = chooseProxy(new URL(origin), environment);
  if (proxy === undefined) return new Pool(origin, pool);
  const token = basicAuthorization(proxy);
  return new ProxyAgent({
    ...pool,
    uri: `${proxy.protocol}//${proxy.hostname}:${proxy.port}`,
    ...(token === undefined ? {} : { token }),
    requestTls: connect,
    proxyTls: connect,
  });
}

/** What every connection has in common. */
function connectOptions(timeoutMs: number) {
  return {
    timeout: timeoutMs,
    rejectUnauthorized: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.min(LONGEST_ADDRESS_ATTEMPT_MS, timeoutMs / ADDRESS_ATTEMPTS),
  };
}

function basicAuthorization({ login }: ProxyServer): string | undefined {
  if (login === undefined) return undefined;
  return `Basic ${Buffer.from(login).toString("base64")}`;
}
