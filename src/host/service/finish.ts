import type { CallContext } from "#kernel/context.ts";
import { Code, toBatonError } from "#kernel/errors.ts";
import { waitToRetry } from "#kernel/retry-wait.ts";
import type { C1Client } from "./c1-client.ts";
import type { FinishRequest } from "./outcome.ts";

/** How long C1 may be told what a task came to, all attempts together; as in Go connectors. */
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
 * Tells C1 what a task came to, if need be several times. A task that ended because it was canceled has to
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
  let waitMs = FIRST_WAIT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await c1.finishTask(request, signal);
      return true;
    } catch (thrown) {
      const error = toBatonError(thrown);
      if (signal.aborted || FINAL_CODES.includes(error.code)) {
        ctx.log.error("C1 could not be told what the task came to", { error });
        return false;
      }
      const wait = {
        what: "telling C1 what the task came to",
        layer: "platform",
        attempt,
        waitMs,
        error,
      } as const;
      await waitToRetry(wait, { ...ctx, signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }
}
