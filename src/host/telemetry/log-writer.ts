/**
 * Log lines on standard error, with the keys that Go connectors use: `level`, `ts` (epoch seconds with a
 * fraction), `logger`, `msg`, the fields, and `error`. Lines are written as they are made, because a
 * connector process is usually killed at the end of a run and has no chance to flush.
 */

import { type Logger as PinoLogger, pino } from "pino";
import type { LogFields, Logger, LogLevel } from "#kernel/logger.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { cutText, escapeHiddenInJson, showHidden, toVisibleLine } from "#kernel/visible-text.ts";
import { type LogTarget, standardError } from "./log-target.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Characters of a text in a field. A stack trace fits, a response that a server fills up does not. */
const MAX_TEXT = 8_192;

/** Nesting below which a field's value is not shown. */
const MAX_DEPTH = 6;

export interface LoggerOptions {
  /** debug, info, warn or error; anything else means info, as in Go connectors. */
  readonly level?: string;
  /** `console` gives tab-separated lines for people; anything else means json. */
  readonly format?: string;
  /** Shown as `logger`; left out if absent. */
  readonly name?: string;
  /** Takes registered secrets out of messages and fields. */
  readonly redactor?: Redactor;
  /** Where finished lines go; standard error if absent. If one of them takes no lines, the others say so. */
  readonly targets?: readonly LogTarget[] | undefined;
  /** Takes finished lines instead of targets. */
  readonly write?: ((line: string) => void) | undefined;
  /** Gets each line too, always as JSON. */
  readonly mirror?: ((line: string) => void) | undefined;
  /** From this moment on (epoch milliseconds) the level `debug` means info. */
  readonly debugUntil?: number | undefined;
}

/** A logger that writes each line at once. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const redactor = options.redactor ?? new Redactor();
  const write = options.write ?? openTargets(options);
  const format = options.format === "console" ? toConsoleLine : toJsonLine;
  const { mirror, debugUntil = Number.POSITIVE_INFINITY } = options;
  const logger = pino(
    {
      level: LEVELS.find((level) => level === options.level?.toLowerCase()) ?? "info",
      base: options.name === undefined ? null : { logger: options.name },
      timestamp: () => `,"ts":${Date.now() / 1000}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        write(format(line));
        mirror?.(line);
      },
    },
  );
  return new PinoAdapter(logger, redactor, debugUntil);
}

function openTargets(options: LoggerOptions): (line: string) => void {
  const { targets = [standardError()] } = options;
  return (line) => {
    for (const target of targets) {
      const failure = target.write(line);
      if (failure !== undefined) reportLoss(options, targets, target, failure);
    }
  };
}

/** Reports once that a target takes no lines: in the other targets, or else on standard error. */
function reportLoss(
  options: LoggerOptions,
  targets: readonly LogTarget[],
  lost: LogTarget,
  error: Error,
): void {
  const others = targets.filter((target) => target !== lost);
  const write = (line: string): void => {
    for (const target of others.length > 0 ? others : [standardError()]) target.write(line);
  };
  createLogger({ ...options, write }).warn("log lines cannot be written and are lost; the run continues", {
    log: lost.name,
    error,
  });
}

class PinoAdapter implements Logger {
  readonly #pino: PinoLogger;
  readonly #redactor: Redactor;
  readonly #debugUntil: number;

  constructor(logger: PinoLogger, redactor: Redactor, debugUntil: number) {
    this.#pino = logger;
    this.#redactor = redactor;
    this.#debugUntil = debugUntil;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  with(fields: LogFields): Logger {
    const child = this.#pino.child(renderFields(fields, this.#redactor));
    return new PinoAdapter(child, this.#redactor, this.#debugUntil);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    if (level === "debug" && Date.now() >= this.#debugUntil) return;
    const text = renderText(message, this.#redactor);
    this.#pino[level](renderFields(fields ?? {}, this.#redactor), text);
  }
}

function renderFields(fields: LogFields, redactor: Redactor): Record<string, unknown> {
  const rendered: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) rendered[key] = renderValue(value, redactor, 0);
  }
  return rendered;
}

/** Makes a value safe to serialize, bounded and free of secrets; an error becomes its message. */
function renderValue(value: unknown, redactor: Redactor, depth: number): unknown {
  if (typeof value === "string") return renderText(value, redactor);
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
    return renderText(String(value), redactor);
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return renderText(value.message, redactor);
  if (value instanceof Date || value instanceof URL || value instanceof Secret) {
    return renderText(value instanceof Date ? dateText(value) : String(value), redactor);
  }
  if (depth === MAX_DEPTH) return "…";
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.map((item) => renderValue(item, redactor, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      renderText(key, redactor),
      renderValue(item, redactor, depth + 1),
    ]),
  );
}

/** Without secrets first: half of one would not be recognised. */
function renderText(text: string, redactor: Redactor): string {
  return cutText(redactor.redact(text), MAX_TEXT);
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? "invalid date" : date.toISOString();
}

interface LogLine {
  readonly level: string;
  readonly ts: number;
  readonly logger?: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A finished line with escapes for what would act on a terminal that shows the log. */
function toJsonLine(line: string): string {
  return `${escapeHiddenInJson(line.trimEnd())}\n`;
}

/** Turns a finished JSON line into `time LEVEL [logger] message {fields}`, separated by tabs. */
function toConsoleLine(line: string): string {
  const { level, ts, logger, msg, ...fields }: LogLine = JSON.parse(line);
  const columns = [new Date(ts * 1000).toISOString(), level.toUpperCase()];
  if (logger !== undefined) columns.push(showHidden(logger));
  columns.push(toVisibleLine(msg));
  if (Object.keys(fields).length > 0) columns.push(escapeHiddenInJson(JSON.stringify(fields)));
  return `${columns.join("\t")}\n`;
}
