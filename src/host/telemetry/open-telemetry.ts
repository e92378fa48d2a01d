/**
 * Traces and logs for an OpenTelemetry collector. Loaded only when one is set: nothing else in the program
 * imports the OpenTelemetry packages, so that a run without a collector does not pay for them.
 */

import { createSecureContext } from "node:tls";
import { credentials as grpcCredentials } from "@grpc/grpc-js";
import { setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Logger } from "#kernel/logger.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { Tracer } from "#kernel/trace.ts";
import type { Collector } from "./collector.ts";
import { mirrorLines } from "./log-records.ts";
import { OtelTracer } from "./otel-tracer.ts";

/**
 * How long spans and log lines are gathered before they go out, in milliseconds. Short, because the Go host kills
 * its connector process as soon as it needs it no more, and what has not gone out by then is lost.
 */
const EXPORT_INTERVAL_MS = 50;

/** Whatever `NODE_TLS_REJECT_UNAUTHORIZED` says; a context of our own is not touched by `GRPC_…` variables either. */
const CHECKED = { rejectUnauthorized: true };

/** A collector that is away would otherwise be complained about every second. */
const COMPLAINT_INTERVAL_MS = 60_000;

export interface TelemetryOptions {
  readonly collector: Collector;
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly traces: boolean;
  readonly logs: boolean;
  /** Takes known secrets out of what spans say; log lines come without them. */
  readonly redactor: Redactor;
}

export interface Telemetry {
  /** Absent if traces are switched off. */
  readonly tracer: Tracer | undefined;
  /** Takes finished JSON log lines; absent if logs are switched off. */
  readonly mirror: ((line: string) => void) | undefined;
  /** Where to say that the collector cannot be reached: to a logger that has no mirror. */
  reportTo(log: Logger): void;
  /** Sends what is left, for at most `ms` milliseconds. Never rejects. */
  close(ms: number): Promise<void>;
}

/** Starts collecting. Connects when there is something to send; the collector may come and go. */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const { collector, serviceName, serviceVersion, redactor } = options;
  const { tls } = collector;
  const exporter = {
    url: `${tls === undefined ? "http" : "https"}://${collector.address}`,
    credentials:
      tls === undefined
        ? grpcCredentials.createInsecure()
        : grpcCredentials.createFromSecureContext(createSecureContext(tls.ca && { ca: tls.ca }), CHECKED),
  };
  const resource = detectResources({ detectors: [envDetector] }).merge(
    resourceFromAttributes({ "service.name": serviceName, "service.version": serviceVersion }),
  );
  const batching = { scheduledDelayMillis: EXPORT_INTERVAL_MS };

  const traces = options.traces
    ? new TracerProvider({
        resource,
        sampler: new AlwaysOnSampler(),
        spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(exporter), ...batching })],
      })
    : undefined;
  const logs = options.logs
    ? new LoggerProvider({
        resource,
        processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(exporter), ...batching })],
      })
    : undefined;

  const complaints = new Complaints(collector.address);
  setGlobalErrorHandler((error) => complaints.add(error));
  return {
    tracer: traces && new OtelTracer(traces.getTracer(serviceName, serviceVersion), redactor),
    mirror: logs && mirrorLines(logs.getLogger(serviceName, serviceVersion)),
    reportTo: (log) => complaints.reportTo(log),
    close: async (ms) => {
      const sending = [traces, logs].map(async (provider) => {
        await provider?.shutdown().catch((error: unknown) => complaints.add(error));
      });
      await within(ms, Promise.all(sending));
    },
  };
}

/** Tells now and then that nothing can be sent. */
class Complaints {
  readonly #address: string;
  #log: Logger | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(address: string) {
    this.#address = address;
  }

  reportTo(log: Logger): void {
    this.#log = log;
  }

  add(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastAt < COMPLAINT_INTERVAL_MS) return;
    this.#lastAt = now;
    this.#log?.warn("traces or logs could not be sent to the OpenTelemetry collector and are lost", {
      collector: this.#address,
      error,
    });
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, timeUp]);
  clearTimeout(timer);
}
