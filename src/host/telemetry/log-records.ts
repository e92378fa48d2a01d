import {
  type Context,
  type Logger,
  ROOT_CONTEXT,
  SeverityNumber,
  TraceFlags,
  trace,
} from "@opentelemetry/api";

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A line as our logger writes it. */
interface LogLine {
  readonly level: string;
  /** Epoch seconds. */
  readonly ts: number;
  readonly msg: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly [field: string]: JsonValue | undefined;
}

/** Makes a log record of each JSON line; its fields become attributes, its trace fields the record's own. */
export function mirrorLines(logger: Logger): (line: string) => void {
  return (text) => {
    const line: LogLine = JSON.parse(text);
    const { level, ts, msg, trace_id, span_id, ...attributes } = line;
    const severityNumber = SEVERITIES[level];
    logger.emit({
      timestamp: ts * 1000,
      ...(severityNumber === undefined ? {} : { severityNumber }),
      severityText: level,
      body: msg,
      attributes,
      context: contextOf(trace_id, span_id),
    });
  };
}

function contextOf(traceId: string | undefined, spanId: string | undefined): Context {
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
}
