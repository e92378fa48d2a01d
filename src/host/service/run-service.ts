import { readExtraAuthorities } from "#http/authorities.ts";
import { openDispatcher } from "#http/dispatcher.ts";
import type { Clock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { SecretOrigin } from "#kernel/secret-file.ts";
import type { Tracer } from "#kernel/trace.ts";
import { raceAbort } from "#kernel/waiting.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import { C1Channel } from "./c1-channel.ts";
import { C1Client } from "./c1-client.ts";
import { parseClientId } from "./c1-credentials.ts";
import { type Environment, findC1Address, findHostId } from "./c1-environment.ts";
import { findRoute } from "./c1-route.ts";
import { C1Tokens } from "./c1-tokens.ts";
import { ClientKey } from "./client-key.ts";
import { ConnectorSupervisor, type Launch } from "./connector-supervisor.ts";
import type { SyncSettings } from "./full-sync.ts";
import { greetUntilHeard, sayHello } from "./hello.ts";
import type { ProgramInfo } from "./system-info.ts";
import { removeAbandonedTaskDirectories } from "./task-directory.ts";
import { runTaskLoop } from "./task-loop.ts";
import { TaskRunner } from "./task-runner.ts";
import { UnfinishedFile } from "./unfinished-file.ts";

/** What others, such as a health endpoint, can see of a service. */
export interface ServiceView {
  readonly connector: Pick<ConnectorSupervisor, "running">;
  /** Epoch milliseconds of the last poll that C1 answered; undefined before the first. */
  readonly lastPollAt: () => number | undefined;
  /** Why no tasks are taken yet: C1 has not been reached. Undefined from then on, since no later outage of C1 is ours. */
  readonly findObstacle: () => string | undefined;
}

export interface ServiceOptions {
  readonly clientId: string;
  readonly clientSecret: SecretOrigin;
  readonly env: Environment;
  readonly program: ProgramInfo;
  readonly launch: Launch<LaunchedConnector>;
  /** Tasks at the same time. */
  readonly concurrency: number;
  readonly sync: Omit<SyncSettings, "unfinished">;
  /** Whether work files outlive the process, so that an interrupted sync is worth keeping. */
  readonly keepsFiles: boolean;
  /** Upper bound for one request to the token endpoint. */
  readonly httpTimeoutMs: number;
  /**
   * Called before anything is started or sent, so that a C1 that cannot be reached does not look like a program that does
   * not run. What it returns is called at the end; what it throws ends the service.
   */
  readonly onStart?: (view: ServiceView) => Promise<() => Promise<void>>;
  /** Ends the service in good order. */
  readonly stop: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly metrics?: Metrics | undefined;
  /** Makes a trace of each task. */
  readonly tracer?: Tracer | undefined;
}

const CONNECT_TIMEOUT_MS = 30_000;
const CLEANING_INTERVAL_MS = 60 * 60_000;

/**
 * How long after the stop changes at the connector, reports to C1 and everything else may go on, in
 * milliseconds. Together with the end of the connector process, which takes up to two seconds, this stays
 * below the ten seconds that orchestrators are configured with.
 */
const CHANGES_MS = 5_000;
const REPORTS_MS = 6_500;
const EVERYTHING_MS = 7_000;

/**
 * Takes tasks from C1 and does them until it is stopped.
 *
 * @throws BatonError if the credentials are malformed or refused, or the connector does not start. An
 *   unreachable C1 is waited for.
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const { env, program, clock, log, metrics, redactor, stop } = options;
  const clientId = parseClientId(options.clientId);
  const key = new ClientKey(options.clientSecret, redactor);
  // Errors in it are reported before anything is started.
  await key.get();
  const address = findC1Address(clientId, env);
  const origin = `https://${address}`;
  const hostId = findHostId(env);

  const dispatcher = await openDispatcher({
    origin,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    environment: env,
  });
  const channel = new C1Channel({
    address,
    route: findRoute(address, env),
    authorities: readExtraAuthorities(env),
    clientName: clientId.name,
    tokens: new C1Tokens({
      clientId,
      key,
      origin,
      dispatcher,
      clock,
      log,
      redactor,
      timeoutMs: options.httpTimeoutMs,
    }),
  });
  const c1 = new C1Client(channel, hostId);
  const connector = new ConnectorSupervisor(options.launch, { clock, log, metrics });
  const { tempDir } = options.sync;
  const unfinished = options.keepsFiles ? new UnfinishedFile(tempDir, clientId.text, clock) : undefined;
  const cleaning = keepClean(tempDir, unfinished, clock);
  let lastPollAt: number | undefined;
  let obstacle: string | undefined = "not connected to C1 yet";
  let close: (() => Promise<void>) | undefined;
  try {
    const view = { connector, lastPollAt: () => lastPollAt, findObstacle: () => obstacle };
    close = await options.onStart?.(view);
    await connector.start(stop);
    const greet = async () => {
      const { client } = await connector.acquire(stop);
      await sayHello(c1, client, { program, taskId: "" }, stop);
    };
    const onFailed = ({ message }: BatonError): void => {
      obstacle = `not connected to C1 yet: ${message}`;
    };
    await greetUntilHeard(greet, { signal: stop, clock, log, metrics }, onFailed);
    obstacle = undefined;
    log.info("connected to C1", { address, host_id: hostId, client_id: clientId.text });

    const signals = {
      stop,
      abandonChanges: abortAfter(stop, CHANGES_MS),
      abandonReports: abortAfter(stop, REPORTS_MS),
    };
    const abandonEverything = abortAfter(stop, EVERYTHING_MS);
    const runner = new TaskRunner({
      c1,
      connector,
      signals,
      program,
      clock,
      log,
      metrics,
      redactor,
      tracer: options.tracer,
      sync: { ...options.sync, unfinished },
    });
    const loop = runTaskLoop(
      {
        c1,
        whenReady: (signal) => connector.acquire(signal),
        concurrency: options.concurrency,
        run: (task) => runner.run(task),
        onPolled: () => {
          lastPollAt = clock.now();
        },
      },
      { signal: stop, clock, log, metrics },
    );
    await raceAbort(loop, abandonEverything);
  } catch (error) {
    if (!stop.aborted) throw error;
    log.debug("shut down before everything had finished", { error });
  } finally {
    clearInterval(cleaning);
    await Promise.all([close?.(), connector.close()]);
    channel.close();
    await dispatcher.destroy();
  }
  log.info("stopped");
}

/** Removes what should not stay, now and then and at once. */
function keepClean(tempDir: string, unfinished: UnfinishedFile | undefined, clock: Clock): NodeJS.Timeout {
  const clean = (): void => {
    void removeAbandonedTaskDirectories(tempDir, clock);
    void unfinished?.removeExpired().catch(() => undefined);
  };
  clean();
  return setInterval(clean, CLEANING_INTERVAL_MS).unref();
}

/** A signal that is aborted some time after another one. */
function abortAfter(first: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController();
  const reason = new BatonError(
    Code.Canceled,
    "the program had to shut down before the response arrived; whether anything was changed is unknown",
  );
  const start = (): void => {
    setTimeout(() => later.abort(reason), ms).unref();
  };
  first.addEventListener("abort", start, { once: true });
  return later.signal;
}
