export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of a log line. An `error` field may hold any thrown value; it is rendered as its message. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What every layer logs through. Lines go to standard error; secrets never enter them.
 * The implementation lives in `telemetry`, so that no other layer depends on a logging library.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  with(fields: LogFields): Logger;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
};
