import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type Clock, systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Redactor } from "#kernel/secret.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import { ActionRunner } from "#runtime/action-runner.ts";
import { CallTracker } from "#runtime/call-tracker.ts";
import type { Connector } from "#runtime/connector.ts";
import { connectorProcessEndpoints } from "#runtime/endpoints.ts";
import { Registry } from "#runtime/registry.ts";
import { GrpcServer } from "#server/grpc-server.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { TestClient } from "./grpc-client.ts";

export interface ToyServiceOptions {
  readonly provisioning?: boolean;
  readonly ticketing?: boolean;
  readonly clock?: Clock;
  readonly redactor?: Redactor;
  /** Of both ends; a fresh pair if absent. */
  readonly credential?: Credential;
}

/** Serves a connector from this process, over real sockets and mutual TLS. */
export async function serveInProcess(connector: Connector, options: ToyServiceOptions = {}) {
  const { clock = systemClock, redactor = new Redactor(), provisioning = false, ticketing = false } = options;
  const lines: string[] = [];
  const log = createLogger({ level: "debug", redactor, write: (line) => lines.push(line) });
  const tracker = new CallTracker();
  const runner = new ActionRunner({ log, clock, redactor: new Redactor(), provisioning });
  const fresh = createLocalCredentials(Date.now());
  const clientCredential = options.credential ?? fresh.client;
  const trailers = () => ({ "baton-upstream-requests": String(connector.upstreamRequests?.() ?? 0) });
  const server = new GrpcServer(
    connectorProcessEndpoints(new Registry(connector), runner, { provisioning, ticketing }),
    toPem(options.credential ?? fresh.server),
    { log, clock, redactor, tracker, trailers },
  );
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    server.accept(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = new TestClient(address.port, clientCredential);
  return {
    client,
    clientCredential,
    port: address.port,
    tracker,
    runner,
    /** Parsed lines of the log so far. */
    log: (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line)),
    close: async () => {
      client.close();
      const reason = new BatonError(Code.Unavailable, "the test is over");
      tracker.cancelAll(reason);
      runner.close(reason);
      listener.close();
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export type ToyService = Awaited<ReturnType<typeof serveInProcess>>;
