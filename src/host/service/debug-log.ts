import { appendFileSync } from "node:fs";
import type { LogFields, Logger, LogLevel } from "#kernel/logger.ts";
import type { Redactor } from "#kernel/secret.ts";
import { createLogger } from "#telemetry/log-writer.ts";

/**
 * A logger that writes each line to `log` and, debug lines included, to a file of its own. Lines that the file does not
 * take are lost, which `log` reports once.
 */
export function openDebugLog(log: Logger, path: string, redactor: Redactor, taskId: string): Logger {
  let isLossTold = false;
  const write = (line: string): void => {
    try {
      appendFileSync(path, line, { mode: 0o600 });
    } catch (error) {
      if (isLossTold) return;
      isLossTold = true;
      log.warn("lines of the debug log for C1 cannot be written and are lost; the run continues", { error });
    }
  };
  const file = createLogger({ level: "debug", format: "json", redactor, write });
  return new DoubleLogger(log, file.with({ task_id: taskId }));
}

class DoubleLogger implements Logger {
  readonly #loggers: readonly Logger[];

  constructor(...loggers: readonly Logger[]) {
    this.#loggers = loggers;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  with(fields: LogFields): Logger {
    return new DoubleLogger(...this.#loggers.map((logger) => logger.with(fields)));
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    for (const logger of this.#loggers) logger[level](message, fields);
  }
}
