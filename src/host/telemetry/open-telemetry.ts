/**
 * Traces, logs and metrics for an OpenTelemetry collector. Loaded only when one is set: nothing else in the program
 * imports the OpenTelemetry packages, so that a run without a collector does not pay for them.
 */

import { createSecureContext } from "node:tls";
import { credentials as grpcCredentials } from "@grpc/grpc-js";
import { setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import {
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { systemClock } from "#kernel/clock.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { Tracer } from "#kernel/trace.ts";
import { endsWithin } from "#kernel/waiting.ts";
import { Complaints } from "./complaints.ts";
import { mirrorLines } from "./log-records.ts";
import type { Collector } from "./otel-collector.ts";
import { MetricPublisher } from "./otel-metrics.ts";
import { OtelTracer } from "./otel-tracer.ts";

/**
 * How long spans and log lines are gathered before they go out, in milliseconds. Short, because the Go host kills
 * its connector process as soon as it needs it no more, and what has not gone out by then is lost.
 */
const EXPORT_INTERVAL_MS = 50;

/** How often metrics go out that nobody has changed, such as an age, in milliseconds. The same bounds one export. */
const METRIC_INTERVAL_MS = 60_000;
const METRIC_TIMEOUT_MS = 10_000;

/** Whatever `NODE_TLS_REJECT_UNAUTHORIZED` says; a context of our own is not touched by `GRPC_…` variables either. */
const CHECKED = { rejectUnauthorized: true };

const LOST = "traces, logs or metrics could not be sent to the OpenTelemetry collector and are lost";

export interface TelemetryOptions {
  readonly collector: Collector;
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Attributes of the service beside its name: what is read. */
  readonly identity: Readonly<Record<string, string>>;
  readonly traces: boolean;
  readonly logs: boolean;
  /** What is counted in this process; undefined if metrics are switched off. */
  readonly metrics: Metrics | undefined;
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
  const { collector, serviceName, serviceVersion, identity, redactor } = options;
  const { tls } = collector;
  const exporter = {
    url: `${tls === undefined ? "http" : "https"}://${collector.address}`,
    credentials:
      tls === undefined
        ? grpcCredentials.createInsecure()
        : grpcCredentials.createFromSecureContext(createSecureContext(tls.ca && { ca: tls.ca }), CHECKED),
  };
  const resource = detectResources({ detectors: [envDetector] }).merge(
    resourceFromAttributes({
      "service.name": serviceName,
      "service.version": serviceVersion,
      ...redactAll(identity, redactor),
    }),
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

  const complaints = new Complaints();
  const complain = (error: unknown): void => complaints.add(LOST, { collector: collector.address, error });
  setGlobalErrorHandler(complain);
  const metrics =
    options.metrics &&
    publishMetrics(options.metrics, { exporter, resource, serviceName, serviceVersion, complain });
  return {
    tracer: traces && new OtelTracer(traces.getTracer(serviceName, serviceVersion), redactor),
    mirror: logs && mirrorLines(logs.getLogger(serviceName, serviceVersion)),
    reportTo: (log) => complaints.reportTo(log),
    close: async (ms) => {
      const sending = [traces, logs].map(async (provider) => {
        await provider?.shutdown().catch(complain);
      });
      await endsWithin(Promise.all([...sending, metrics?.close()]), ms, systemClock);
    },
  };
}

function publishMetrics(
  metrics: Metrics,
  {
    exporter,
    resource,
    serviceName,
    serviceVersion,
    complain,
  }: {
    readonly exporter: ConstructorParameters<typeof OTLPMetricExporter>[0];
    readonly resource: Resource;
    readonly serviceName: string;
    readonly serviceVersion: string;
    readonly complain: (error: unknown) => void;
  },
): MetricPublisher {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(exporter),
    exportIntervalMillis: METRIC_INTERVAL_MS,
    exportTimeoutMillis: METRIC_TIMEOUT_MS,
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  return new MetricPublisher(metrics, provider, provider.getMeter(serviceName, serviceVersion), complain);
}

function redactAll(texts: Readonly<Record<string, string>>, redactor: Redactor): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, redactor.redact(text)]));
}
