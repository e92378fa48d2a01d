import type { Clock } from "#kernel/clock.ts";
import type { BatonError } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import { encodeMetrics } from "#kernel/metrics-text.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { Tracer } from "#kernel/trace.ts";
import { formatUpstreamSource } from "#kernel/upstream-source.ts";
import { endsWithin } from "#kernel/waiting.ts";
import { ActionRunner } from "#runtime/action-runner.ts";
import { CallTracker } from "#runtime/call-tracker.ts";
import type { Connector } from "#runtime/connector.ts";
import { connectorProcessEndpoints, type ServiceGates } from "#runtime/endpoints.ts";
import { Registry } from "#runtime/registry.ts";
import type { CallEnvironment, Endpoint } from "#runtime/unary.ts";
import { METRICS_TRAILER, REQUESTS_TRAILER, SOURCE_TRAILER } from "#wire/names.ts";
import { keepHeapSmall } from "./process.ts";

/** How long handlers and the connector get to let go after they were cancelled. */
const RELEASE_MS = 500;

/** What serving a connector takes, whatever the transport. */
export interface ConnectorCoreOptions {
  readonly connector: Connector;
  readonly gates: ServiceGates;
  readonly log: Logger;
  readonly clock: Clock;
  /** Takes secrets out of error texts that go to callers. */
  readonly redactor: Redactor;
  /** Shows the calls in the traces of their callers. */
  readonly tracer?: Tracer | undefined;
  /** Where the calls count. */
  readonly metrics?: Metrics | undefined;
  /** Whether each response carries the metrics: our own host shows them beside its own. */
  readonly tellsMetrics?: boolean | undefined;
  /** See {@link CallEnvironment}. */
  readonly hostTellsFailures?: boolean | undefined;
  /** See {@link CallEnvironment}; for callers that are not the host that started this process. */
  readonly maxRequestFields?: number;
}

/** A connector with its endpoints and its calls in flight, until {@link ConnectorCore.end}. */
export class ConnectorCore {
  readonly registry: Registry;
  /** Every method of the connector contract. */
  readonly endpoints: readonly Endpoint[];
  /** To bind the endpoints with. */
  readonly environment: CallEnvironment;
  readonly #connector: Connector;
  readonly #clock: Clock;
  readonly #tracker = new CallTracker();
  readonly #runner: ActionRunner;

  /** @throws BatonError if the connector contradicts itself. */
  constructor(options: ConnectorCoreOptions) {
    const { connector, gates, log, clock, redactor, tracer, metrics, hostTellsFailures, maxRequestFields } =
      options;
    this.#connector = connector;
    this.#clock = clock;
    this.registry = new Registry(connector);
    this.#runner = new ActionRunner({ log, clock, redactor, metrics, ...gates });
    this.endpoints = connectorProcessEndpoints(this.registry, this.#runner, gates);
    // What a first call needs has been loaded when it ends; the second one may be a long listing.
    void this.#tracker.firstEnded.then(keepHeapSmall);
    const told = options.tellsMetrics === true ? metrics : undefined;
    const trailers = () => ({ ...describeUpstream(connector), ...metricTrailers(told) });
    this.environment = {
      log,
      clock,
      redactor,
      tracker: this.#tracker,
      trailers,
      tracer,
      metrics,
      hostTellsFailures,
      maxRequestFields,
    };
  }

  /** Loads what the first calls will need, while nobody waits for it yet. Never rejects. */
  async prepare(): Promise<void> {
    try {
      await this.#connector.prepare?.();
    } catch (error) {
      this.environment.log.debug("the connector could not prepare", { error });
    }
  }

  /** Lets calls in flight go on for up to `drainMs` milliseconds, cancels the rest and frees what the connector holds. */
  async end(reason: BatonError, drainMs: number): Promise<void> {
    if (drainMs > 0) await endsWithin(this.#tracker.whenIdle(), drainMs, this.#clock);
    this.#tracker.cancelAll(reason);
    this.#runner.close(reason);
    await endsWithin(this.#tracker.whenIdle(), RELEASE_MS, this.#clock);
    const closing = this.#connector.close?.() ?? Promise.resolve();
    await endsWithin(closing, RELEASE_MS, this.#clock).catch(() => false);
  }
}

/** How many requests went upstream so far, and where: our own host shows the one and records the other. */
function describeUpstream(connector: Connector): Readonly<Record<string, string>> {
  const requests = connector.upstreamRequests?.();
  const source = connector.upstreamSource?.();
  return {
    ...(requests === undefined ? {} : { [REQUESTS_TRAILER]: String(requests) }),
    ...(source === undefined ? {} : { [SOURCE_TRAILER]: formatUpstreamSource(source) }),
  };
}

/** All numbers so far; a host that shows them needs them from failed calls as well. */
function metricTrailers(metrics: Metrics | undefined): Readonly<Record<string, string>> {
  const measured = metrics?.read() ?? [];
  return measured.length === 0 ? {} : { [METRICS_TRAILER]: encodeMetrics(measured) };
}
