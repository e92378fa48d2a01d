import type { Task } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { BoundedMap } from "#kernel/bounded-map.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code, codeName, toBatonError } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Redactor } from "#kernel/secret.ts";
import { type Tracer, traceFields } from "#kernel/trace.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import type { C1Client } from "./c1-client.ts";
import { callHandlers } from "./call-handlers.ts";
import type { ConnectorSupervisor } from "./connector-supervisor.ts";
import { reportFinish } from "./finish.ts";
import { type FullSync, runFullSync, type SyncSettings } from "./full-sync.ts";
import { type Handler, MalformedTaskError, type TaskPayloads } from "./handler.ts";
import { sayHello } from "./hello.ts";
import { type Failure, type FinishRequest, isFailure, makeFinishRequest, type Outcome } from "./outcome.ts";
import type { ProgramInfo } from "./system-info.ts";

/** When work has to end as the program does. */
export interface StopSignals {
  /** Everything that can be canceled ends now. */
  readonly stop: AbortSignal;
  /** What was sent to the connector and changes something ends now, too. */
  readonly abandonChanges: AbortSignal;
  /** C1 gets no more reports. */
  readonly abandonReports: AbortSignal;
}

export interface TaskRunnerOptions extends Omit<CallContext, "signal"> {
  readonly c1: C1Client;
  readonly connector: ConnectorSupervisor;
  readonly signals: StopSignals;
  readonly program: ProgramInfo;
  readonly sync: SyncSettings;
  readonly redactor: Redactor;
  readonly tracer?: Tracer | undefined;
}

type TaskOf<Kind extends keyof TaskPayloads> = {
  [K in Kind]: { readonly $case: K; readonly value: TaskPayloads[K] };
}[Kind];

/** How many results are remembered of tasks that must not be done twice. */
const MEMORY = 200;

/** Runs tasks and reports the result of each to C1. */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #inFlight = new Set<string>();
  /** Final results by task: C1 hands a task out again whose report it did not get. */
  readonly #finished = new BoundedMap<string, FinishRequest>(MEMORY);

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /** Runs a task to its end, report included. Never rejects. */
  async run(task: Task): Promise<void> {
    const kind = task.taskType?.$case ?? "unknown";
    const log = this.#options.log.with({ task_id: task.id, task_type: kind });
    if (this.#inFlight.has(task.id)) {
      log.info("C1 sent a task again that is still running");
      return;
    }
    this.#inFlight.add(task.id);
    try {
      await this.#runOnce(task, { ...this.#options, log, signal: this.#options.signals.stop });
    } catch (error) {
      log.error("the task failed unexpectedly", { error });
    } finally {
      this.#inFlight.delete(task.id);
    }
  }

  async #runOnce(task: Task, ctx: CallContext): Promise<void> {
    const known = this.#finished.get(task.id);
    if (known !== undefined) {
      ctx.log.info("C1 sent a finished task again; the same result is reported");
      await this.#report(known, ctx);
      return;
    }
    const outcome = await this.#performTraced(task, ctx);
    if (outcome === undefined) return;
    const request = makeFinishRequest(task.id, outcome, this.#options.redactor);
    if (isWorthRemembering(task, outcome)) this.#finished.set(request.taskId, request);
    await this.#report(request, ctx);
  }

  async #report(request: FinishRequest, ctx: CallContext): Promise<void> {
    const { c1, signals } = this.#options;
    await reportFinish(c1, request, { ...ctx, signal: signals.abandonReports });
  }

  async #performTraced(task: Task, ctx: CallContext): Promise<Outcome | undefined> {
    const attributes = { task_id: task.id };
    const span = this.#options.tracer?.start(`task ${task.taskType?.$case ?? "unknown"}`, { attributes });
    const log = ctx.log.with(traceFields(span));
    const startedAt = ctx.clock.monotonic();
    log.info("task started");
    const outcome = await this.#perform(task, { ...ctx, log, span });
    span?.end(outcome !== undefined && isFailure(outcome) ? outcome.error.message : undefined);
    if (outcome !== undefined) {
      logOutcome(outcome, Math.round(ctx.clock.monotonic() - startedAt) / 1000, log);
    }
    return outcome;
  }

  /** @returns undefined if there is nothing to report. */
  async #perform(task: Task, ctx: CallContext): Promise<Outcome | undefined> {
    let connector: LaunchedConnector | undefined;
    let outcome: Outcome | undefined;
    try {
      connector = await this.#options.connector.acquire(ctx.signal);
      const { span } = ctx;
      outcome = await this.#dispatch(task, span === undefined ? connector : connector.within(span), ctx);
    } catch (thrown) {
      const error = toBatonError(thrown);
      outcome = { error, nonRetryable: error instanceof MalformedTaskError };
    }
    const isLost = connector !== undefined && this.#options.connector.running !== connector;
    return isLost && outcome !== undefined && isFailure(outcome) && !ctx.signal.aborted
      ? describeLoss(outcome.error)
      : outcome;
  }

  async #dispatch(task: Task, connector: LaunchedConnector, ctx: CallContext): Promise<Outcome | undefined> {
    const { c1, program, sync: settings, redactor } = this.#options;
    const { taskType } = task;
    if (taskType === undefined) return unsupported("this version does not know the type of the task");
    if (taskType.$case === "hello") {
      const about = { program, taskId: task.id };
      return await this.#greet(() => sayHello(c1, connector.client, about, ctx.signal));
    }
    if (taskType.$case === "syncFull") {
      const sync: FullSync = { task, options: taskType.value, c1, connector, settings, redactor };
      return await runFullSync(sync, ctx);
    }
    return await this.#call(task.id, taskType, connector, ctx);
  }

  async #call<Kind extends keyof TaskPayloads>(
    taskId: string,
    { $case, value }: TaskOf<Kind>,
    connector: LaunchedConnector,
    ctx: CallContext,
  ): Promise<Outcome> {
    const handler: Handler<TaskPayloads[Kind]> | undefined = callHandlers[$case];
    if (handler === undefined)
      return unsupported(`this connector does not support tasks of the type ${$case}`);
    const { stop, abandonChanges } = this.#options.signals;
    const signal = handler.changes === true ? abandonChanges : stop;
    try {
      return await handler.run(value, { taskId, connector, ctx: { ...ctx, signal } });
    } catch (thrown) {
      if (signal.aborted || thrown instanceof MalformedTaskError) throw thrown;
      const error = toBatonError(thrown);
      const { finalRefusals: final = [] } = handler;
      return { error, nonRetryable: final === "all" || final.includes(error.code) };
    }
  }

  /** C1 wants no report about a `Hello`: it has received it, or asks again. */
  async #greet(greet: () => Promise<void>): Promise<undefined> {
    try {
      await greet();
    } catch (error) {
      this.#options.log.warn("the handshake with C1 failed", { error });
    }
  }
}

function unsupported(sentence: string): Failure {
  const error = new BatonError(Code.Unimplemented, sentence);
  return { error, nonRetryable: true };
}

/** The process ended while the task ran, which says nothing about the task. */
function describeLoss(cause: BatonError): Failure {
  const sentence = `the connector process ended while the task ran: ${cause.message}`;
  return { error: new BatonError(Code.Unavailable, sentence, { cause }), nonRetryable: false };
}

/** Reading again does no harm, and its results can be large. */
function isWorthRemembering({ taskType }: Task, outcome: Outcome): boolean {
  if (taskType === undefined || (isFailure(outcome) && !outcome.nonRetryable)) return false;
  return taskType.$case === "syncFull" || callHandlers[taskType.$case]?.changes === true;
}

function logOutcome(outcome: Outcome, duration: number, log: Logger): void {
  if (!isFailure(outcome)) {
    log.info("task finished", { duration });
    return;
  }
  const { error, nonRetryable } = outcome;
  log.error("task failed", { duration, code: codeName(error.code), retryable: !nonRetryable, error });
}
