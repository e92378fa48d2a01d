import { formatNumber } from "#format/number.ts";
import { toVisibleLine } from "#kernel/visible-text.ts";

/** What a finished sync has to show. */
export interface Summary {
  /** Numbers by what they count, in the order to show them. */
  readonly counts: Readonly<Record<string, number>>;
  /** Requests sent upstream; undefined if the connector does not say. */
  readonly requests: number | undefined;
  readonly durationMs: number;
  /** The path of the file and its size in bytes. */
  readonly file: string;
  readonly fileBytes: number;
}

/** The summary for people, one fact a line. */
export function formatSummary(summary: Summary): string {
  const facts: [string, string][] = Object.entries(summary.counts).map(([label, count]) => [
    label,
    formatNumber(count),
  ]);
  if (summary.requests !== undefined) facts.push(["requests", formatNumber(summary.requests)]);
  facts.push(["duration", formatDuration(summary.durationMs)]);
  facts.push(["file", `${toVisibleLine(summary.file)} (${formatBytes(summary.fileBytes)})`]);
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, value]) => `  ${label.padEnd(width)}  ${value}\n`).join("");
}

/** The summary as fields of a log line. Durations are seconds, as in the logs of Go connectors. */
export function summaryFields(summary: Summary): Readonly<Record<string, unknown>> {
  return {
    ...summary.counts,
    requests: summary.requests,
    duration: Math.round(summary.durationMs) / 1000,
    file: summary.file,
    file_bytes: summary.fileBytes,
  };
}

export function formatDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours, minutes, rest] = clock.map((part) => String(part).padStart(2, "0"));
  return hours === "00" ? `${minutes}:${rest} min` : `${hours}:${minutes}:${rest} h`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
