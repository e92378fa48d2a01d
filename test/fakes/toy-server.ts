import { type Clock, systemClock } from "#kernel/clock.ts";
import { Redactor } from "#kernel/secret.ts";
import type { Connector } from "#runtime/connector.ts";
import { serve } from "#server/standalone-server.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { formatListenAddress, type ListenAddress } from "#web/listen-address.ts";
import type { TlsFiles } from "#wire/tls.ts";
import { TestClient } from "./grpc-client.ts";
import { ToyConnector } from "./toy-connector.ts";

export interface ToyServerOptions {
  readonly connector?: Connector;
  readonly clock?: Clock;
  /** None if absent. */
  readonly tls?: TlsFiles;
  /** A free port of this machine if absent. */
  readonly address?: ListenAddress;
}

/** Serves a connector by itself from this process. */
export async function startToyServer(options: ToyServerOptions = {}) {
  const { address = { kind: "tcp", host: "127.0.0.1", port: 0 }, clock = systemClock, tls } = options;
  const ending = new AbortController();
  const listening = Promise.withResolvers<ListenAddress>();
  const redactor = new Redactor();
  const served = serve({
    connector: options.connector ?? new ToyConnector(),
    gates: { provisioning: false, ticketing: false },
    address,
    tls: tls && { files: { files: tls, watch: async () => undefined }, allowed: [] },
    log: createLogger({ level: "error", redactor, write: () => undefined }),
    redactor,
    clock,
    signal: ending.signal,
    onListening: listening.resolve,
  });
  served.catch(listening.reject);
  const bound = await listening.promise;
  return {
    port: bound.kind === "tcp" ? bound.port : 0,
    connect: () => new TestClient(formatListenAddress(bound)),
    /** Tells it to end and waits for that. */
    end: async () => {
      ending.abort();
      await served;
    },
  };
}

export type ToyServer = Awaited<ReturnType<typeof startToyServer>>;
