import { Refusal, ServerFailure } from "../answer.ts";
import { renderPage, selectPage } from "../pagination.ts";
import type { ApiRequest } from "../request.ts";
import type { Measurement } from "./stored.ts";
import { formatMicros, parseMicros, readMicros } from "./times.ts";

const DAY = 86_400_000_000;
/** A Monday, from which weeks and runs of thirty days are counted. */
const ORIGIN = parseMicros("2000-01-03");
const LENGTHS: Readonly<Record<string, number>> = { "1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY };

/** What a trend is asked for. */
export interface TrendQuery {
  /** Length of a bucket in microseconds. */
  readonly length: number;
  readonly start: number | undefined;
  readonly end: number;
}

/** The figures of one bucket. */
export interface TrendRow {
  /** The beginning of the bucket. */
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly avg: number;
}

/** @throws Refusal 422 without an interval. @throws ServerFailure for a time that is none. */
export function readTrendQuery(request: ApiRequest, now: number): TrendQuery {
  const length = LENGTHS[request.lastParameter("interval") ?? ""];
  if (length === undefined) throw Refusal.detail(422, "You must specify an interval (1d/7d/30d)");
  const start = readBound(request, "start_date");
  return { length, start, end: readBound(request, "end_date") ?? now };
}

function readBound(request: ApiRequest, name: string): number | undefined {
  const text = request.lastParameter(name);
  if (text === undefined) return undefined;
  const micros = readMicros(text);
  if (micros === undefined) throw new ServerFailure(`${name} is no time`);
  return micros;
}

/** One row for each bucket that holds anything, ascending. */
export function groupByBucket(measured: readonly Measurement[], length: number): TrendRow[] {
  const buckets = new Map<number, number[]>();
  for (const { at, coverage } of measured) {
    const bucket = bucketOf(at, length);
    const figures = buckets.get(bucket);
    if (figures === undefined) buckets.set(bucket, [coverage]);
    else figures.push(coverage);
  }
  return [...buckets].map(([at, figures]) => ({
    at,
    min: Math.min(...figures),
    max: Math.max(...figures),
    avg: figures.reduce((sum, figure) => sum + figure, 0) / figures.length,
  }));
}

/** The beginning of the bucket that a time falls into. */
export function bucketOf(at: number, length: number): number {
  return ORIGIN + Math.floor((at - ORIGIN) / length) * length;
}

export function renderTrend(request: ApiRequest, rows: readonly TrendRow[]): Buffer {
  const page = selectPage(request, rows.length);
  const texts = rows
    .slice(page.from, page.to)
    .map(({ at, min, max, avg }) => JSON.stringify({ timestamp: formatMicros(at), min, max, avg }));
  return renderPage(page, texts);
}
