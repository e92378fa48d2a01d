import { BatonError, Code } from "#kernel/errors.ts";
import { isLoopback } from "#kernel/loopback.ts";
import { type NetworkEnvironment, readVariable } from "./network-environment.ts";
import { isExcepted } from "./no-proxy.ts";

/** A proxy that an environment variable names. */
export interface ProxyServer {
  /** The variable, in capitals. */
  readonly variable: string;
  readonly protocol: "http:" | "https:";
  /** Host name, an IPv6 address with its brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `user:password`, decoded, as it goes into `Basic` authorization; undefined if the URL has neither. Secret. */
  readonly login: string | undefined;
}

const DEFAULT_PORTS = { "http:": 80, "https:": 443 } as const;

/**
 * The proxy for an origin, or undefined for a direct connection: what `HTTPS_PROXY` or `HTTP_PROXY` names for the
 * origin's scheme, unless `NO_PROXY` excepts it. As in Go programs, this machine is never asked for through a proxy.
 *
 * @throws BatonError InvalidArgument naming a variable that holds no URL of a proxy; never its value, which may hold
 *   a password.
 */
export function chooseProxy(origin: URL, environment: NetworkEnvironment): ProxyServer | undefined {
  const name = origin.protocol === "https:" ? "https_proxy" : "http_proxy";
  const text = readVariable(environment, name);
  if (text === undefined || isLoopback(origin.hostname)) return undefined;
  const port = Number(origin.port || DEFAULT_PORTS[origin.protocol === "https:" ? "https:" : "http:"]);
  if (isExcepted(origin.hostname, port, readVariable(environment, "no_proxy") ?? "")) return undefined;
  return parseProxy(text, name.toUpperCase());
}

function parseProxy(text: string, variable: string): ProxyServer {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw unusable(variable, "must be a URL such as http://proxy.example:3128");
  }
  const { protocol, hostname, port, username, password } = url;
  return {
    variable,
    protocol,
    hostname,
    port: Number(port || DEFAULT_PORTS[protocol]),
    login: username === "" && password === "" ? undefined : decodeLogin(url, variable),
  };
}

function decodeLogin({ username, password }: URL, variable: string): string {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    throw unusable(
      variable,
      "has a % in its user name or password that is not part of a percent code; write % as %25",
    );
  }
}

function unusable(variable: string, problem: string): BatonError {
  return new BatonError(Code.InvalidArgument, `${variable} ${problem}`, { kind: "configuration" });
}
