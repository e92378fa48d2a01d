import { explainUnexpected } from "#files/file-errors.ts";
import { codeName } from "#kernel/errors.ts";
import type { Output } from "./output.ts";
import { ReaderGone } from "./standard-output.ts";

/**
 * Ends the log of a run that failed with one line for those who watch logs: the exit code and the cause. The sentence for
 * people follows on standard error. At a terminal the sentence is enough.
 */
export function logFailure({ live, log }: Pick<Output, "live" | "log">, thrown: unknown): void {
  if (live !== undefined || thrown instanceof ReaderGone) return;
  const error = explainUnexpected(thrown);
  log.error("the run failed", { exit_code: error.code, code: codeName(error.code), error });
}
