import { type Environment, readCount, readSwitch } from "#kernel/environment.ts";
import type { SyncRun } from "./sync-run.ts";

/** How many finished full syncs a file keeps, the one that is being written included; undefined keeps everything. */
export interface RetentionPolicy {
  readonly keepFullSyncs: number | undefined;
}

const DEFAULT_KEEP = 2;

/**
 * The policy of the environment, as Go hosts read it: `BATON_KEEP_SYNC_COUNT` (default 2) and
 * `BATON_SKIP_CLEANUP` (true keeps everything).
 *
 * @throws BatonError Unknown if one of them makes no sense, where Go hosts take the default
 */
export function readRetentionPolicy(env: Environment): RetentionPolicy {
  const keep = readCount(env, "BATON_KEEP_SYNC_COUNT", DEFAULT_KEEP);
  return { keepFullSyncs: readSwitch(env, "BATON_SKIP_CLEANUP") ? undefined : keep };
}

/**
 * The ids of the syncs to delete while `current` is about to be ended; `runs` are all syncs, oldest first.
 * Only a full sync takes the place of another full one: a targeted sync never makes a file forget a snapshot.
 *
 * @param resumableSince unfinished syncs that started before this timestamp cannot be resumed by anybody.
 */
export function selectSurplus(
  runs: readonly SyncRun[],
  current: SyncRun,
  policy: RetentionPolicy,
  resumableSince: string,
): string[] {
  if (policy.keepFullSyncs === undefined) return [];
  const others = runs.filter(({ id }) => id !== current.id);
  const finished = others.filter(({ endedAt }) => endedAt !== undefined);
  const fulls = finished.filter((run) => !isPartial(run) && !isDiff(run));
  const kept = policy.keepFullSyncs - (isPartial(current) || isDiff(current) ? 0 : 1);
  const surplusFulls = fulls.slice(0, Math.max(0, fulls.length - kept));
  const newestDeleted = surplusFulls.at(-1);
  const surplusPartials = finished.filter(
    (run) => isPartial(run) && newestDeleted !== undefined && (run.endedAt ?? "") < newestDeleted.startedAt,
  );
  const abandoned = others.filter((run) => run.endedAt === undefined && run.startedAt < resumableSince);
  return [...surplusFulls, ...surplusPartials, ...surplusDiffs(finished), ...abandoned].map(({ id }) => id);
}

/** Of more than two halves of comparisons only the newest and its partner stay. */
function surplusDiffs(finished: readonly SyncRun[]): SyncRun[] {
  const diffs = finished.filter(isDiff);
  const newest = diffs.at(-1);
  if (diffs.length <= 2 || newest === undefined) return [];
  return diffs.filter((run) => run !== newest && run.id !== newest.linkedId);
}

function isPartial({ type }: SyncRun): boolean {
  return type === "partial" || type === "resources_only";
}

function isDiff({ type }: SyncRun): boolean {
  return type === "partial_upserts" || type === "partial_deletions";
}
