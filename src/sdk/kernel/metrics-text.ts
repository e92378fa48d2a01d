/** Numbers as text: for our own host, and for monitoring systems that read the format of Prometheus. */

import type { Labels, MeasuredMetric } from "./metrics.ts";

/** Content type of {@link formatMetrics}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics as one line of ASCII, which a trailer of a call can hold. */
export function encodeMetrics(metrics: readonly MeasuredMetric[]): string {
  return JSON.stringify(metrics).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What {@link encodeMetrics} made in the connector process that this program started; nothing if it is damaged. */
export function decodeMetrics(text: string): readonly MeasuredMetric[] {
  try {
    const metrics: unknown = JSON.parse(text);
    return Array.isArray(metrics) ? metrics : [];
  } catch {
    return [];
  }
}

/**
 * Metrics in the text format of Prometheus (version 0.0.4), named as OpenTelemetry translates names: `baton.sync.age` in
 * seconds is `baton_sync_age_seconds`, a counter ends in `_total`. Series of metrics with the same name are put together.
 */
export function formatMetrics(metrics: readonly MeasuredMetric[]): string {
  const byName = Map.groupBy(metrics, translateName);
  return [...byName].map(([name, parts]) => formatMetric(name, parts)).join("");
}

function translateName({ name, unit, kind }: MeasuredMetric): string {
  const words = [name.replaceAll(".", "_"), ...(unit === "s" ? ["seconds"] : [])];
  return [...words, ...(kind === "counter" ? ["total"] : [])].join("_");
}

function formatMetric(name: string, parts: readonly MeasuredMetric[]): string {
  const { help = "", kind = "gauge" } = parts[0] ?? {};
  const lines = parts.flatMap(({ series }) =>
    series.map(({ labels, value }) => `${name}${formatLabels(labels)} ${value}`),
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""].join("\n");
}

/** Labels of a series in braces, as the formats of Prometheus and OpenMetrics write them; nothing if there are none. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
