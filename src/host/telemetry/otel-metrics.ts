import { type Meter, ValueType } from "@opentelemetry/api";
import type { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Metric, Metrics } from "#kernel/metrics.ts";

/**
 * How long after a change metrics go out, in milliseconds: a connector process that is needed no more is killed by its
 * host. Without a change they go out with the interval of the reader.
 */
const FLUSH_AFTER_MS = 500;

/** Has a provider send the metrics of this process as they are whenever it collects. */
export class MetricPublisher {
  readonly #metrics: Metrics;
  readonly #provider: MeterProvider;
  readonly #meter: Meter;
  readonly #known = new Set<string>();
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(metrics: Metrics, provider: MeterProvider, meter: Meter, onError: (error: unknown) => void) {
    this.#metrics = metrics;
    this.#provider = provider;
    this.#meter = meter;
    this.#onError = onError;
    metrics.whenChanged((metric) => this.#takeChange(metric));
  }

  /** Sends what is left. Never rejects. */
  async close(): Promise<void> {
    this.#metrics.whenChanged(() => undefined);
    clearTimeout(this.#timer);
    await this.#provider.shutdown().catch(this.#onError);
  }

  #takeChange(metric: Metric): void {
    try {
      if (!this.#known.has(metric.name)) this.#publish(metric);
    } catch (error) {
      this.#onError(error);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#provider.forceFlush().catch(this.#onError);
    }, FLUSH_AFTER_MS).unref();
  }

  #publish({ name, help, kind, unit }: Metric): void {
    this.#known.add(name);
    const options = {
      description: help,
      unit: unit ?? "1",
      valueType: unit === undefined ? ValueType.INT : ValueType.DOUBLE,
    };
    const instrument =
      kind === "counter"
        ? this.#meter.createObservableCounter(name, options)
        : this.#meter.createObservableGauge(name, options);
    instrument.addCallback((result) => {
      const measured = this.#metrics.read().find((metric) => metric.name === name);
      for (const { labels, value } of measured?.series ?? []) result.observe(value, labels);
    });
  }
}
