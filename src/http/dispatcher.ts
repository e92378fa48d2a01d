import { readFileSync } from "node:fs";
import type { Dispatcher } from "undici";
import { BatonError, Code } from "#kernel/errors.ts";

/** The environment variables that matter for connections. */
export type NetworkEnvironment = Readonly<Record<string, string | undefined>>;

/** Requests under way at one time; further ones wait. A host may run many calls at once. */
const MAX_CONNECTIONS = 8;

export interface DispatcherOptions {
  readonly origin: string;
  readonly connectTimeoutMs: number;
  readonly environment: NetworkEnvironment;
}

/**
 * Opens the one pool of connections to an origin: directly, or through the proxy that `HTTPS_PROXY` or
 * `HTTP_PROXY` names for the origin's scheme, unless `NO_PROXY` excepts it. As in Go programs, this machine is
 * never asked for through a proxy. HTTP/1.1 only.
 *
 * undici takes about 60 ms to load, which is why it is loaded here and not when the program starts.
 */
export async function openDispatcher(options: DispatcherOptions): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool } = await import("undici");
  const { origin, connectTimeoutMs, environment } = options;
  const ca = readExtraAuthorities(environment);
  const tls = ca === undefined ? {} : { ca };
  const proxy = chooseProxy(new URL(origin), environment);
  if (proxy === undefined) {
    return new Pool(origin, {
      allowH2: false,
      connections: MAX_CONNECTIONS,
      connect: { timeout: connectTimeoutMs, ...tls },
    });
  }
  return new EnvHttpProxyAgent({
    httpProxy: proxy,
    httpsProxy: proxy,
    noProxy: readVariable(environment, "no_proxy") ?? "",
    allowH2: false,
    connections: MAX_CONNECTIONS,
    connect: { timeout: connectTimeoutMs, ...tls },
    requestTls: { timeout: connectTimeoutMs, ...tls },
    proxyTls: { timeout: connectTimeoutMs, ...tls },
  });
}

/** The proxy's URL, checked, or undefined for a direct connection. */
export function chooseProxy(origin: URL, environment: NetworkEnvironment): string | undefined {
  const name = origin.protocol === "https:" ? "https_proxy" : "http_proxy";
  const text = readVariable(environment, name);
  if (text === undefined || isThisMachine(origin.hostname)) return undefined;
  const proxy = text.includes("://") ? text : `http://${text}`;
  const url = URL.parse(proxy);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new BatonError(
      Code.InvalidArgument,
      `${name.toUpperCase()} must be a URL such as http://proxy.example:3128`,
      {
        kind: "configuration",
      },
    );
  }
  return proxy;
}

/** The value of a variable that is known in lower and in upper case. Lower case wins, as everywhere. */
export function readVariable(environment: NetworkEnvironment, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

function isThisMachine(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * The certificates of `SSL_CERT_FILE`, together with all that Node trusts by itself; undefined if the variable
 * is not set. Node honours `NODE_EXTRA_CA_CERTS` on its own, and its default set contains them.
 */
export function readExtraAuthorities(environment: NetworkEnvironment): string[] | undefined {
  const file = environment["SSL_CERT_FILE"];
  if (file === undefined || file === "") return undefined;
  try {
    const { getCACertificates } = process.getBuiltinModule("node:tls");
    return [...getCACertificates("default"), readFileSync(file, "utf8")];
  } catch (error) {
    throw new BatonError(Code.InvalidArgument, `SSL_CERT_FILE ${file} cannot be read`, {
      kind: "configuration",
      cause: error,
    });
  }
}
