import { BatonActionStatus } from "#gen/c1/connector/v2/action.ts";
import { BoundedMap } from "#kernel/bounded-map.ts";
import type { Clock } from "#kernel/clock.ts";
import { type CallContext, withMaxWait } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { createKsuid } from "#kernel/ksuid.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import type { Redactor } from "#kernel/secret.ts";
import { endsWithin } from "#kernel/waiting.ts";
import { checkArguments } from "./action-arguments.ts";
import { classifyFailure } from "./call-errors.ts";
import type { Action, ActionState, ActionStruct } from "./connector.ts";
import { type Provisioning, requireAction } from "./provisioning.ts";

const { BATON_ACTION_STATUS_RUNNING, BATON_ACTION_STATUS_COMPLETE, BATON_ACTION_STATUS_FAILED } =
  BatonActionStatus;

/** Longest an action may run. */
export const MAX_ACTION_MS = 60 * 60 * 1000;

/** Results that stay available for polling after their action has ended; the oldest go first. */
const MAX_ENDED = 1000;

export interface ActionRunnerOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** Where actions count. */
  readonly metrics?: Metrics | undefined;
  /** Takes secrets out of the reason of a failure. */
  readonly redactor: Redactor;
  /** Which actions may run. */
  readonly provisioning: Provisioning;
  /** Milliseconds that one action may spend waiting for a busy upstream; absent: as long as the connector likes. */
  readonly changeWaitMs?: number | undefined;
}

/** The call that asks for an action. */
type Caller = Pick<CallContext, "log" | "span">;

/**
 * Runs actions apart from the calls that start them, because an action can outlive its call: the host polls
 * for its end. The failure of an action that was started is a state of the invocation and no error of any call.
 */
export class ActionRunner {
  readonly #options: ActionRunnerOptions;
  readonly #running = new Map<
    string,
    { readonly state: ActionState; readonly controller: AbortController }
  >();
  readonly #ended = new BoundedMap<string, ActionState>(MAX_ENDED);

  constructor(options: ActionRunnerOptions) {
    this.#options = options;
  }

  /**
   * Starts an action and waits for its end, but no longer than `waitMs`; an aborted `signal` ends the waiting
   * and not the action. The lines of the action are those of `caller`, so that they show who requested it; traces show
   * it as part of the caller's span, which may end before it.
   *
   * An action that is not allowed, or lacks an argument, is not started: Go connectors run every action, but an action
   * is a write like any other. This is an error of the call, with a code by which hosts see that trying again is of no
   * use.
   *
   * @throws BatonError FailedPrecondition or InvalidArgument
   */
  async invoke(
    action: Action,
    args: ActionStruct,
    waitMs: number,
    signal: AbortSignal,
    caller: Caller = this.#options,
  ): Promise<ActionState> {
    const { name } = action.schema;
    requireAction(this.#options.provisioning, name, args);
    checkArguments(action.schema, args);
    const id = createKsuid(this.#options.clock.now());
    const ended = this.#run(id, action, args, caller);
    await endsWithin(ended, waitMs, this.#options.clock, signal);
    return this.state(id);
  }

  /** Throws `NotFound` for an invocation that never was or is long gone. */
  state(id: string): ActionState {
    const state = this.#running.get(id)?.state ?? this.#ended.get(id);
    if (state !== undefined) return state;
    throw new BatonError(
      Code.NotFound,
      `no invoked action has the id "${id}", or it was invoked too long ago`,
    );
  }

  /** Cancels what is running. */
  close(reason: BatonError): void {
    for (const { controller } of this.#running.values()) controller.abort(reason);
  }

  /** Never rejects. */
  async #run(id: string, action: Action, args: ActionStruct, caller: Caller): Promise<void> {
    const { clock, metrics, changeWaitMs } = this.#options;
    const { span } = caller;
    const { name } = action.schema;
    const log = caller.log.with({ action: name, invocation: id });
    const controller = new AbortController();
    const status = BATON_ACTION_STATUS_RUNNING;
    this.#running.set(id, {
      state: { id, name, status, response: undefined, annotations: [] },
      controller,
    });
    const tooLong = clock.sleep(MAX_ACTION_MS, controller.signal).then(() => {
      const error = new BatonError(Code.DeadlineExceeded, "the action did not finish within an hour");
      controller.abort(error);
      throw error;
    });
    try {
      const call = {
        signal: controller.signal,
        log,
        clock,
        span,
        metrics,
      };
      const ctx = withMaxWait(call, changeWaitMs);
      const { response, annotations } = await Promise.race([action.invoke(args, ctx), tooLong]);
      this.#end({
        id,
        name,
        status: BATON_ACTION_STATUS_COMPLETE,
        response,
        annotations: annotations ?? [],
      });
    } catch (thrown) {
      const error = classifyFailure(thrown, controller.signal);
      log.warn("an action failed", { error: thrown });
      this.#end(failed(id, name, this.#options.redactor.toLine(error.message)));
    } finally {
      controller.abort(new BatonError(Code.Canceled, "the action has ended"));
      tooLong.catch(() => undefined);
    }
  }

  #end(state: ActionState): void {
    this.#running.delete(state.id);
    this.#ended.set(state.id, state);
  }
}

function failed(id: string, name: string, error: string): ActionState {
  return { id, name, status: BATON_ACTION_STATUS_FAILED, response: { error }, annotations: [] };
}
