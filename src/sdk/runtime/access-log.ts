import { Code, codeName } from "#kernel/errors.ts";
import type { LogFields, Logger } from "#kernel/logger.ts";
import { type Span, traceFields } from "#kernel/trace.ts";

/** One finished call, as the access log shows it. */
export interface FinishedCall {
  readonly kind: "unary" | "stream";
  /** Full method path, `/package.Service/Method`. */
  readonly path: string;
  readonly code: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds; undefined if the caller set no deadline. */
  readonly deadline: number | undefined;
  readonly durationMs: number;
  readonly peer: string;
  readonly subject?: string | undefined;
  readonly error?: string;
  readonly span?: Span | undefined;
}

/**
 * Writes one line per call with the message and fields of a Go connector. The levels are those as well but for refusals,
 * which Go connectors log as information: at a level that people watch, a refused token would not be seen.
 *
 * @param hostTells whether the host shows each failure to the reader of this log; then no line has to warn of it
 */
export function logCall(log: Logger, call: FinishedCall, hostTells = false): void {
  const [, service, method] = call.path.split("/");
  const level = levelOf(call.code);
  log[hostTells && level === "warn" ? "info" : level](
    `finished ${call.kind} call with code ${codeName(call.code)}`,
    {
      "grpc.start_time": new Date(call.startedAt).toISOString(),
      "grpc.request.deadline":
        call.deadline === undefined ? undefined : new Date(call.deadline).toISOString(),
      "grpc.service": service,
      "grpc.method": method,
      "grpc.code": codeName(call.code),
      "grpc.time_ms": Math.round(call.durationMs * 1000) / 1000,
      "peer.address": call.peer,
      "peer.subject": call.subject,
      error: call.error,
      ...traceFields(call.span),
      ...datadogFields(call.span),
    },
  );
}

/** The ids as Datadog links them and Go connectors log them: in decimal, of the trace the lower 64 bits. */
function datadogFields(span: Span | undefined): LogFields {
  if (span === undefined) return {};
  const toDecimal = (id: string) => BigInt(`0x${id.slice(-16)}`).toString();
  return { "dd.trace_id": toDecimal(span.traceId), "dd.span_id": toDecimal(span.spanId) };
}

function levelOf(code: number): "debug" | "info" | "warn" | "error" {
  switch (code) {
    case Code.Ok:
      return "debug";
    case Code.Canceled:
      return "info";
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.Unauthenticated:
    case Code.DeadlineExceeded:
    case Code.PermissionDenied:
    case Code.ResourceExhausted:
    case Code.FailedPrecondition:
    case Code.Aborted:
    case Code.OutOfRange:
    case Code.Unavailable:
      return "warn";
    default:
      return "error";
  }
}
