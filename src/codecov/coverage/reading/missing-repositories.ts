import { DAY_MS } from "#codecov/coverage/model/calendar.ts";
import type { KnownRepository, ListReading } from "#codecov/coverage/model/ledger.ts";
import { isPlaceholderName } from "#codecov/coverage/model/repository.ts";

/** Readings without it after which a repository is gone. */
const READINGS_UNTIL_GONE = 3;

/** How many have to vanish at once, at least, to look like a lost permission; also more than a tenth of all. */
const FEWEST_AT_ONCE = 3;
const TENTH = 10;

export interface Vanished {
  readonly missing: ListReading["missing"];
  /** Repositories whose values are kept because so many vanished at once. */
  readonly held: readonly string[];
}

/**
 * What becomes of known repositories that a reading of the list did not show. The list shows what the token's owner was
 * once seen to read, so that a lost permission looks like a deletion. Three readings without a repository mean that it is
 * gone; many that vanish in the same reading are kept, until that has been so for a day or somebody says that it is true.
 *
 * @param shown names that the list showed, and those that stand for rows which it failed to show
 */
export function judgeMissing(
  known: readonly KnownRepository[],
  shown: ReadonlySet<string>,
  readAt: number,
  acceptGone: boolean,
): Vanished {
  const present = known.filter(({ name, state }) => state !== "gone" && !isPlaceholderName(name));
  const missing: { name: string; gone: boolean }[] = [];
  const held: string[] = [];
  const vanished = Map.groupBy(
    present.filter(({ name }) => !shown.has(name)),
    ({ missingSince }) => missingSince ?? readAt,
  );
  for (const [since, repositories] of vanished) {
    const areMany = repositories.length >= FEWEST_AT_ONCE && repositories.length * TENTH > present.length;
    const isHeld = areMany && !acceptGone && readAt - since < DAY_MS;
    for (const { name, missed } of repositories) {
      const isGone = areMany && acceptGone ? true : !isHeld && missed + 1 >= READINGS_UNTIL_GONE;
      missing.push({ name, gone: isGone });
      if (isHeld) held.push(name);
    }
  }
  return { missing, held };
}

/** The sentence with which a run ends that keeps so many. */
export function describeHeld({ held }: Vanished, known: readonly KnownRepository[]): string | undefined {
  if (held.length === 0) return undefined;
  const present = known.filter(({ state }) => state !== "gone").length;
  return `${held.length} of ${present} repositories are missing from the list at once, which is what a lost permission of the token's owner looks like; their last values are kept for a day. Check in Codecov that this account can still see them, or accept that they are gone with --accept-gone`;
}

/** As long as the last values of repositories without a figure are kept, if most have lost theirs in one reading. */
const KEPT_MS = DAY_MS;

/**
 * Measured repositories whose figure this reading does not have, if they are most of the measured ones: that says more of
 * Codecov than of the repositories. Their values are kept for a day.
 *
 * @param unmeasured names that the list shows without a figure
 */
export function judgeUnmeasured(
  known: readonly KnownRepository[],
  unmeasured: ReadonlySet<string>,
  readAt: number,
): { readonly kept: ReadonlySet<string>; readonly note: string | undefined } {
  const measured = known.filter(({ state }) => state === "measured");
  const lost = measured.filter(({ name }) => unmeasured.has(name));
  const kept = lost.filter((repository) => readAt - repository.readAt < KEPT_MS);
  if (lost.length < FEWEST_AT_ONCE || lost.length * 2 <= measured.length || kept.length === 0)
    return { kept: new Set(), note: undefined };
  return {
    kept: new Set(kept.map(({ name }) => name)),
    note: `${lost.length} of ${measured.length} measured repositories have no figure in this reading; the last values of ${kept.length} are kept for up to a day`,
  };
}
