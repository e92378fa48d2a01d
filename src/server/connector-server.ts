import type { Socket } from "node:net";
import type { ServerCredentials } from "@grpc/grpc-js";
import type { Clock } from "#kernel/clock.ts";
import type { BatonError } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { Tracer } from "#kernel/trace.ts";
import { ActionRunner } from "#runtime/action-runner.ts";
import { CallTracker } from "#runtime/call-tracker.ts";
import type { Connector } from "#runtime/connector.ts";
import { connectorProcessEndpoints, type ServiceGates } from "#runtime/endpoints.ts";
import { Registry } from "#runtime/registry.ts";
import type { Endpoint } from "#runtime/unary.ts";
import { GrpcServer, type ServerExtras } from "./grpc-server.ts";

/** How long handlers and the connector get to let go after they were cancelled. */
const RELEASE_MS = 500;

export interface ConnectorServerOptions {
  readonly connector: Connector;
  readonly gates: ServiceGates;
  readonly credentials: ServerCredentials;
  readonly log: Logger;
  readonly clock: Clock;
  /** Takes secrets out of error texts that go to callers. */
  readonly redactor: Redactor;
  /** Shows the calls in the traces of their callers. */
  readonly tracer?: Tracer | undefined;
  /** Endpoints beside those of the contract. */
  readonly moreEndpoints?: (registry: Registry) => readonly Endpoint[];
  readonly extras?: ServerExtras;
}

/** A connector with everything that serving it takes, until {@link ConnectorServer.end}. Feed it with sockets. */
export class ConnectorServer {
  /** Full names of the services it has. */
  readonly services: readonly string[];
  readonly #connector: Connector;
  readonly #clock: Clock;
  readonly #tracker = new CallTracker();
  readonly #runner: ActionRunner;
  readonly #server: GrpcServer;

  /** @throws BatonError if the connector contradicts itself or the certificates are unusable. */
  constructor(options: ConnectorServerOptions) {
    const { connector, gates, credentials, log, clock, redactor, tracer } = options;
    this.#connector = connector;
    this.#clock = clock;
    const registry = new Registry(connector);
    this.#runner = new ActionRunner({ log, clock, provisioning: gates.provisioning });
    const endpoints = [
      ...connectorProcessEndpoints(registry, this.#runner, gates),
      ...(options.moreEndpoints?.(registry) ?? []),
    ];
    const methods = [...endpoints, ...(options.extras?.bidiMethods ?? [])];
    this.services = [...new Set(methods.map(({ path }) => path.split("/")[1] ?? ""))].toSorted();
    const trailers = () => countTrailers(connector);
    const environment = { log, clock, redactor, tracker: this.#tracker, trailers, tracer };
    this.#server = new GrpcServer(endpoints, credentials, environment, options.extras);
  }

  /** Serves one accepted connection. */
  accept(socket: Socket): void {
    this.#server.accept(socket);
  }

  /** Takes no new calls on the connections there are, and lets those in flight go on for `graceMs` milliseconds. */
  drain(graceMs: number): void {
    this.#server.drain(graceMs);
  }

  /**
   * Lets calls in flight go on for up to `drainMs` milliseconds, cancels the rest and frees everything. The last
   * answers get `flushMs` to leave, since closing a connection cuts off what is still on its way.
   */
  async end(reason: BatonError, drainMs: number, flushMs = 0): Promise<void> {
    if (drainMs > 0) await within(this.#clock, drainMs, this.#tracker.whenIdle());
    this.#tracker.cancelAll(reason);
    this.#runner.close(reason);
    await within(this.#clock, RELEASE_MS, this.#tracker.whenIdle());
    await within(this.#clock, RELEASE_MS, this.#connector.close?.() ?? Promise.resolve());
    if (flushMs > 0) await this.#clock.sleep(flushMs);
    this.#server.close();
  }
}

/** Waits for `work`, which may fail, but no longer than `ms`. */
async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  const waiting = new AbortController();
  const settled = work.catch(() => undefined);
  await Promise.race([settled, clock.sleep(ms, waiting.signal).catch(() => undefined)]);
  waiting.abort();
}

/** How many requests went upstream so far; our own host shows it at the end of a sync. */
function countTrailers(connector: Connector): Readonly<Record<string, string>> {
  const requests = connector.upstreamRequests?.();
  return requests === undefined ? {} : { "baton-upstream-requests": String(requests) };
}
