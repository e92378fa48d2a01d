/**
 * The life of a connector process: one line on standard input starts it, the end of standard input ends it.
 * In between it serves. Nothing slow happens before it accepts connections, because a host that cannot
 * connect waits without telling anybody; what can fail later is for Validate to report.
 */

import type { EventEmitter } from "node:events";
import type { Server } from "node:net";
import type { Readable } from "node:stream";
import { type Clock, systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import { Redactor } from "#kernel/secret.ts";
import type { Tracer } from "#kernel/trace.ts";
import type { Connector } from "#runtime/connector.ts";
import type { ServiceGates } from "#runtime/endpoints.ts";
import { decodeStartupLine, MAX_LINE_BYTES } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { ConnectorServer } from "./connector-server.ts";
import { listen } from "./listen.ts";
import { reportUnhandledRejections, stackOf } from "./process.ts";
import { readStdin } from "./stdin.ts";

/** Exit codes of a process that ends by a signal are 128 plus its number. */
const EXIT_SIGTERM = 143;
const EXIT_FATAL = 1;

/** How long calls may go on after SIGTERM. */
const DRAIN_MS = 5_000;

export interface ConnectorServiceOptions {
  /** Makes the connector; does no I/O. */
  readonly createConnector: () => Connector | Promise<Connector>;
  readonly gates: ServiceGates;
  readonly log: Logger;
  /** Takes secrets out of error texts that go to the host. */
  readonly redactor?: Redactor;
  /** Where calls are counted; the host receives the numbers. */
  readonly metrics?: Metrics | undefined;
  /** Shows the calls in the traces of the host. */
  readonly tracer?: Tracer | undefined;
  readonly clock?: Clock;
  /** The rest describes the process and has it as default. */
  readonly stdin?: Readable;
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  readonly events?: EventEmitter;
}

/** Why and how a serving process ends. */
interface End {
  readonly exitCode: number;
  /** The error that calls in flight end with. */
  readonly reason: BatonError;
  /** Milliseconds for calls in flight to end by themselves. */
  readonly drainMs: number;
}

/**
 * Serves a connector to the host that started this process. Resolves with the exit code once serving is over:
 * 0 if standard input ended, never 0 otherwise, because hosts do not notice a process that exits 0 by itself.
 * Throws `Unknown` if it cannot start.
 */
export async function runConnectorService(options: ConnectorServiceOptions): Promise<number> {
  const { log, redactor = new Redactor(), clock = systemClock, events = process } = options;
  const watch = watchProcess(events, log);
  const stdin = readStdin(options.stdin ?? process.stdin, MAX_LINE_BYTES);
  try {
    // Whichever is there first: the connector's code is loaded while the line is on its way.
    const [line, connector] = await Promise.all([stdin.line, createConnector(options)]);
    const startup = decodeStartupLine(line);
    warnAboutLimits(startup.rateLimiter?.type, log);

    const { gates, metrics, tracer } = options;
    const tls = toPem(startup.credential);
    const server = new ConnectorServer({
      connector,
      gates,
      tls,
      log,
      clock,
      redactor,
      tracer,
      metrics,
      tellsMetrics: true,
    });
    const listener = await listen({
      port: startup.listenPort,
      env: options.env ?? process.env,
      platform: options.platform ?? process.platform,
      onConnection: (socket) => server.accept(socket),
    });
    log.debug("serving", { port: startup.listenPort });
    void server.prepare();

    const end = await Promise.race([hostGone(stdin.ended), listenerFailed(listener), watch.ended]);
    log.debug("ending", { reason: end.reason.message });
    listener.close();
    await server.end(end.reason, end.drainMs);
    return end.exitCode;
  } finally {
    stdin.close();
    watch.release();
  }
}

/** What `createConnector` throws becomes a rejection. */
async function createConnector(options: ConnectorServiceOptions): Promise<Connector> {
  return await options.createConnector();
}

async function hostGone(ended: Promise<void>): Promise<End> {
  await ended;
  return { exitCode: 0, reason: new BatonError(Code.Canceled, "the host is gone"), drainMs: 0 };
}

function listenerFailed(listener: Server): Promise<End> {
  return new Promise((resolve) => {
    listener.once("error", (error) => {
      const reason = new BatonError(Code.Unavailable, "the listener failed", { cause: error });
      resolve({ exitCode: EXIT_FATAL, reason, drainMs: 0 });
    });
  });
}

interface ProcessWatch {
  /** Resolves when the process has to end for a reason of its own. */
  readonly ended: Promise<End>;
  readonly release: () => void;
}

/**
 * Reacts to what happens to the process as a whole. An interrupt and the loss of the terminal are left to the host, which
 * gets them from the same terminal and still needs this process to save its work, or, under `nohup`, continues; SIGTERM
 * lets calls in flight end first.
 */
function watchProcess(events: EventEmitter, log: Logger): ProcessWatch {
  const { promise: ended, resolve } = Promise.withResolvers<End>();
  const handlers = {
    SIGINT: () => log.debug("SIGINT ignored; the host decides when to stop"),
    SIGHUP: () => log.debug("SIGHUP ignored; the host decides when to stop"),
    SIGTERM: () =>
      resolve({
        exitCode: EXIT_SIGTERM,
        reason: new BatonError(Code.Unavailable, "the connector process is shutting down"),
        drainMs: DRAIN_MS,
      }),
    uncaughtException: (error: unknown) => {
      log.error("unexpected failure, shutting down", { error, stack: stackOf(error) });
      const reason = new BatonError(Code.Unavailable, "the connector process failed", { cause: error });
      resolve({ exitCode: EXIT_FATAL, reason, drainMs: 0 });
    },
    unhandledRejection: reportUnhandledRejections(log),
  };
  for (const [name, handler] of Object.entries(handlers)) events.on(name, handler);
  return {
    ended,
    release: () => {
      for (const [name, handler] of Object.entries(handlers)) events.off(name, handler);
    },
  };
}

function warnAboutLimits(type: { readonly $case: string } | undefined, log: Logger): void {
  if (type === undefined || type.$case === "disabled") return;
  log.warn(
    "the host requests a rate limit, which is not supported; the connector follows the upstream's limits",
    {
      limiter: type.$case,
    },
  );
}
