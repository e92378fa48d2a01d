import type { ChannelOptions } from "@grpc/grpc-js";
import { chooseProxy, readVariable } from "#http/dispatcher.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Environment } from "./environment.ts";

/** Where a gRPC channel connects to, with the options that lead it there. */
export interface ChannelRoute {
  readonly target: string;
  readonly options: ChannelOptions;
}

/**
 * The way to `address` (`host:port`): directly, or through the proxy that `HTTPS_PROXY` names unless
 * `NO_PROXY` excepts it. gRPC's own proxy support reads the lower-case variables only, so that Go programs
 * and this one would go different ways; it is told the proxy instead.
 */
export function findRoute(address: string, env: Environment): ChannelRoute {
  const direct = { target: `dns:///${address}`, options: { "grpc.enable_http_proxy": 0 } };
  const proxy = chooseProxy(new URL(`https://${address}`), env);
  if (proxy === undefined || isExcepted(address, readVariable(env, "no_proxy") ?? "")) return direct;
  const { protocol, hostname, port, username, password } = new URL(proxy);
  if (protocol !== "http:") {
    throw new BatonError(
      Code.InvalidArgument,
      "HTTPS_PROXY must be a URL that begins with http://: gRPC connections cannot go through a proxy that itself speaks TLS",
      { kind: "configuration" },
    );
  }
  const login = [username, password].filter((part) => part !== "").map(decodeURIComponent);
  return {
    target: `dns:///${hostname}:${port || "80"}`,
    options: {
      "grpc.enable_http_proxy": 0,
      "grpc.http_connect_target": `dns:///${address}`,
      "grpc.default_authority": address,
      ...(login.length === 0 ? {} : { "grpc.http_connect_creds": login.join(":") }),
    },
  };
}

/** Whether a `NO_PROXY` list names the host, a domain above it, or everything. */
function isExcepted(address: string, list: string): boolean {
  const host = address.replace(/:\d+$/, "").toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*" || entry === address) return true;
      const domain = entry.replace(/^\*?\./, "");
      return host === domain || host.endsWith(`.${domain}`);
    });
}
