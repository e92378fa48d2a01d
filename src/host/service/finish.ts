import { doubling, repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { type BatonError, Code, toBatonError } from "#kernel/errors.ts";
import type { C1Client } from "./c1-client.ts";
import type { FinishRequest } from "./outcome.ts";

/** How long reporting the result of a task may take, all attempts together; as in Go connectors. */
const LIMIT_MS = 30_000;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** Answers to the report itself, which would be the same again. Everything else is worth another attempt. */
const FINAL_CODES: readonly Code[] = [
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
];

/**
 * Reports the result of a task to C1, if need be in several attempts. A task that ended because it was canceled has to
 * say so too: `ctx.signal` is not that of the task.
 *
 * @returns whether C1 knows it now; the reason why not is in the log
 */
export async function reportFinish(
  c1: Pick<C1Client, "finishTask">,
  request: FinishRequest,
  ctx: CallContext,
): Promise<boolean> {
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(LIMIT_MS)]);
  const pause = ({ code }: BatonError, attempt: number): number | undefined =>
    signal.aborted || FINAL_CODES.includes(code)
      ? undefined
      : doubling(attempt, FIRST_WAIT_MS, LONGEST_WAIT_MS);
  try {
    await repeat(
      { what: "reporting the result of the task to C1", layer: "platform", pause },
      { ...ctx, signal },
      () => c1.finishTask(request, signal),
    );
    return true;
  } catch (thrown) {
    ctx.log.error("the result of the task could not be reported to C1", { error: toBatonError(thrown) });
    return false;
  }
}
