/** What a number is about. Declared once, beside the code that counts. */
export interface Metric {
  /** Lower-case words with dots, as OpenTelemetry names metrics, for example `baton.sync.rows`. */
  readonly name: string;
  /** One sentence in ASCII. */
  readonly help: string;
  /** A `counter` only grows while the process lives; a `gauge` is how things are. */
  readonly kind: "counter" | "gauge";
  /** Seconds, or a plain number if absent. */
  readonly unit?: "s";
}

/** Tells the series of a metric apart. Values come from short, fixed lists: each combination is kept for good. */
export type Labels = Readonly<Record<string, string>>;

/** A metric with its series as they are now. */
export interface MeasuredMetric extends Metric {
  readonly series: readonly { readonly labels: Labels; readonly value: number }[];
}

interface Series {
  readonly labels: Labels;
  read: () => number;
}

/**
 * The numbers of one process. What shows them, a collector or the `/metrics` endpoint, reads them here; counting
 * costs next to nothing, so it continues whether anybody reads or not. What has no number yet has no series: unknown is
 * not 0.
 */
export class Metrics {
  readonly #metrics = new Map<string, { readonly metric: Metric; readonly series: Map<string, Series> }>();
  #onChange: (metric: Metric) => void = () => undefined;

  /** Adds to a counter. */
  add(metric: Metric, labels: Labels = {}, by = 1): void {
    const series = this.#seriesOf(metric, labels);
    const value = series.read() + by;
    series.read = () => value;
    this.#onChange(metric);
  }

  /** Sets a gauge. */
  set(metric: Metric, value: number, labels: Labels = {}): void {
    this.observe(metric, () => value, labels);
  }

  /** Sets a gauge to what `read` says whenever somebody looks, such as an age. */
  observe(metric: Metric, read: () => number, labels: Labels = {}): void {
    this.#seriesOf(metric, labels).read = read;
    this.#onChange(metric);
  }

  /** All metrics that have a number, in the order in which they got their first one. */
  read(): MeasuredMetric[] {
    return [...this.#metrics.values()].map(({ metric, series }) => ({
      ...metric,
      series: [...series.values()].map(({ labels, read }) => ({ labels, value: read() })),
    }));
  }

  /** Has one listener called with each metric that changes; it must be quick and must not throw. */
  whenChanged(listener: (metric: Metric) => void): void {
    this.#onChange = listener;
  }

  #seriesOf(metric: Metric, labels: Labels): Series {
    let entry = this.#metrics.get(metric.name);
    if (entry === undefined) {
      entry = { metric, series: new Map() };
      this.#metrics.set(metric.name, entry);
    }
    const key = JSON.stringify(labels);
    let series = entry.series.get(key);
    if (series === undefined) {
      series = { labels, read: () => 0 };
      entry.series.set(key, series);
    }
    return series;
  }
}
