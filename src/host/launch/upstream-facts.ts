import type { MeasuredMetric } from "#kernel/metrics.ts";
import { decodeMetrics } from "#kernel/metrics-text.ts";
import { parseUpstreamSource, type UpstreamSource } from "#kernel/upstream-source.ts";
import { METRICS_TRAILER, REQUESTS_TRAILER, SOURCE_TRAILER } from "#wire/names.ts";

/** A connector process says with each response, also with a refusal, what it has counted so far. */

/** What the connector on a connection has reported about its upstream, beside its responses. */
export class UpstreamFacts {
  #requests: number | undefined;
  #metrics: string | undefined;
  #source: { readonly text: string; readonly parsed: UpstreamSource | undefined } | undefined;

  /** Requests sent since the connector's start. */
  get requests(): number | undefined {
    return this.#requests;
  }

  get source(): UpstreamSource | undefined {
    return this.#source?.parsed;
  }

  /** What a connector process has counted since its start. */
  get metrics(): readonly MeasuredMetric[] {
    return this.#metrics === undefined ? [] : decodeMetrics(this.#metrics);
  }

  /** @param find a trailer of a response by its name */
  note(find: (name: string) => string | undefined): void {
    const requests = find(REQUESTS_TRAILER);
    if (requests !== undefined) this.#requests = Number(requests);
    this.#metrics = find(METRICS_TRAILER) ?? this.#metrics;
    const text = find(SOURCE_TRAILER);
    if (text === undefined || text === this.#source?.text) return;
    this.#source = { text, parsed: parseUpstreamSource(text) };
  }
}
