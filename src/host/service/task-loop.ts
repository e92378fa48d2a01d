import type { Task } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { type BatonError, Code } from "#kernel/errors.ts";
import { raceAbort } from "#kernel/waiting.ts";
import { toMilliseconds } from "#model/timestamp.ts";
import type { C1Client } from "./c1-client.ts";

export interface TaskLoopOptions {
  readonly c1: Pick<C1Client, "getTask">;
  /** Resolves when a task could start. */
  readonly whenReady: (signal: AbortSignal) => Promise<unknown>;
  /** Tasks that run at the same time. */
  readonly concurrency: number;
  /** Runs one task to its end; never rejects. */
  readonly run: (task: Task) => Promise<void>;
  /** Called after each poll that C1 answered. */
  readonly onPolled: () => void;
}

const LONGEST_POLL_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 60_000;

/** C1 decides how often it is asked; only a response without a task and without a wait is not taken literally. */
const IDLE_POLL_MS = 100;

/** A poll that is under way when the program is to end may bring a task, which C1 should get back. */
const LAST_POLL_MS = 1_000;

/**
 * Takes tasks from C1 until `ctx.signal` is aborted, and then waits for those that run. A task is asked for
 * only when it can start: there is room for it, and the connector runs.
 */
export async function runTaskLoop(options: TaskLoopOptions, ctx: CallContext): Promise<void> {
  const running = new Set<Promise<void>>();
  const pause = (error: BatonError, failures: number): number => {
    ctx.signal.throwIfAborted();
    if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied) {
      ctx.log.error("C1 no longer accepts this connector; check its credentials in C1", { error });
    }
    return retryPause(failures);
  };
  const whenFree = async (): Promise<void> => {
    if (running.size >= options.concurrency) await raceAbort(Promise.race(running), ctx.signal);
    await options.whenReady(ctx.signal);
  };
  while (!ctx.signal.aborted) {
    try {
      const { task, waitMs } = await repeat(
        { what: "polling C1 for tasks", layer: "platform", pause },
        ctx,
        async () => {
          await whenFree();
          return await poll(options, ctx);
        },
      );
      if (task !== undefined) {
        const work = options.run(task).finally(() => running.delete(work));
        running.add(work);
      }
      await ctx.clock.sleep(waitMs, ctx.signal);
    } catch (error) {
      if (!ctx.signal.aborted) throw error;
    }
  }
  await Promise.all(running);
}

async function poll({ c1, onPolled }: TaskLoopOptions, { signal }: CallContext) {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => {
    timer = setTimeout(() => ending.abort(signal.reason), LAST_POLL_MS);
  };
  signal.addEventListener("abort", onStop, { once: true });
  try {
    const { task, nextPoll } = await c1.getTask(ending.signal);
    onPolled();
    const wanted = Math.min(Math.max(toMilliseconds(nextPoll), 0), LONGEST_POLL_MS);
    if (task === undefined || task.taskType?.$case === "none") {
      return { task: undefined, waitMs: wanted === 0 ? IDLE_POLL_MS : wanted };
    }
    return { task, waitMs: wanted };
  } finally {
    signal.removeEventListener("abort", onStop);
    clearTimeout(timer);
  }
}

/** The square of the failures in seconds, as Go connectors wait, but not all instances at the same moment. */
function retryPause(failures: number): number {
  const seconds = Math.min(failures ** 2, LONGEST_RETRY_MS / 1000);
  return Math.round(seconds * 1000 * (0.8 + 0.2 * Math.random()));
}
