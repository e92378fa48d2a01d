import { type BatonError, Code } from "#kernel/errors.ts";

/**
 * - `ok`: in place
 * - `failed`: has to be mended
 * - `limited`: works, but something optional does not
 * - `skipped`: could not be looked at, because of an earlier line
 */
export type CheckStatus = "ok" | "failed" | "limited" | "skipped";

/** One line of the checklist. */
export interface Check {
  /** Stable name, for machines. */
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was found. */
  readonly detail: string;
  /** What to do; null if there is nothing to do. */
  readonly remedy: string | null;
  /** Exit code if it failed; 0 otherwise. */
  readonly code: number;
}

type Place = Pick<Check, "id" | "title">;

export function ok(place: Place, detail: string): Check {
  return withoutCode(place, "ok", detail, null);
}

export function failed(
  place: Place,
  detail: string,
  remedy: string,
  code: Code = Code.FailedPrecondition,
): Check {
  return { ...place, status: "failed", detail, remedy, code };
}

export function limited(place: Place, detail: string, remedy: string): Check {
  return withoutCode(place, "limited", detail, remedy);
}

export function skipped(place: Place): Check {
  return withoutCode(place, "skipped", "not checked, because an earlier check failed", null);
}

function withoutCode(place: Place, status: CheckStatus, detail: string, remedy: string | null): Check {
  return { ...place, status, detail, remedy, code: Code.Ok };
}

/** A check that ended with an error, whose message says what to do. */
export function failedWith(place: Place, error: BatonError): Check {
  const [detail = "", ...rest] = error.message.split("; ");
  const remedy = rest.length === 0 ? "see the message" : rest.join("; ");
  return { ...place, status: "failed", detail, remedy, code: error.code };
}

/** The exit code of a checklist: that of its first failure. */
export function exitCodeOf(checks: readonly Check[]): number {
  return checks.find(({ status }) => status === "failed")?.code ?? Code.Ok;
}
