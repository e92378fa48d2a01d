import type { ChannelOptions } from "@grpc/grpc-js";
import { chooseProxy } from "#http/proxy.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Environment } from "./c1-environment.ts";

/** Where a gRPC channel connects to, with the options that lead it there. */
export interface ChannelRoute {
  readonly target: string;
  readonly options: ChannelOptions;
}

/**
 * The way to `address` (`host:port`): directly, or through the proxy that the environment names. gRPC's own proxy
 * support reads the lower-case variables only, and `NO_PROXY` by rules of its own, so that Go programs and this one
 * would go different ways; it gets the proxy's address instead.
 */
export function findRoute(address: string, env: Environment): ChannelRoute {
  const proxy = chooseProxy(new URL(`https://${address}`), env);
  if (proxy === undefined) {
    return { target: `dns:///${address}`, options: { "grpc.enable_http_proxy": 0 } };
  }
  if (proxy.protocol !== "http:") {
    throw new BatonError(
      Code.InvalidArgument,
      `${proxy.variable} must be a URL that begins with http://: gRPC connections cannot go through a proxy that itself speaks TLS`,
      { kind: "configuration" },
    );
  }
  return {
    target: `dns:///${proxy.hostname}:${proxy.port}`,
    options: {
      "grpc.enable_http_proxy": 0,
      "grpc.http_connect_target": `dns:///${address}`,
      "grpc.default_authority": address,
      ...(proxy.login === undefined ? {} : { "grpc.http_connect_creds": proxy.login }),
    },
  };
}
