import type { DatabaseSync } from "node:sqlite";
import { inTransaction, readInteger, readText } from "#files/database.ts";
import { type Environment, readCount, readSwitch } from "#kernel/environment.ts";

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

/** Some resources only. */
const PARTIAL = "sync_type IN ('partial', 'resources_only')";
/** Halves of comparisons. */
const DIFF = "sync_type IN ('partial_upserts', 'partial_deletions')";
const FULL = `NOT ${PARTIAL} AND NOT ${DIFF}`;
/** Finished, and not the one that was just ended. */
const OTHER = "ended_at IS NOT NULL AND sync_id <> $current";

/** Syncs deleted per statement: some 50 ms. */
const PIECE = 10_000;

type Values = Readonly<Record<string, string | number>>;

/**
 * Forgets the syncs that the policy does not keep after the sync `current`: surplus older full syncs with the partial
 * ones from before them, surplus comparisons, and unfinished syncs that nobody can resume any more. Only a full sync
 * takes the place of another full one: a targeted sync never makes a file forget a snapshot. The rows of these syncs
 * are left behind. Yields after each piece of work how many syncs were forgotten; stop at any time and begin again
 * later.
 *
 * @param resumableSince unfinished syncs that started before this timestamp cannot be resumed by anybody.
 */
export function* forgetSurplus(
  db: DatabaseSync,
  current: string,
  policy: RetentionPolicy,
  resumableSince: string,
): Generator<number, void, void> {
  if (policy.keepFullSyncs === undefined) return;
  for (const [condition, values] of findSurplus(db, current, policy.keepFullSyncs, resumableSince)) {
    const piece = db.prepare(
      `DELETE FROM v1_sync_runs WHERE id IN (SELECT id FROM v1_sync_runs WHERE ${condition} LIMIT ${PIECE})`,
    );
    for (;;) {
      const forgotten = inTransaction(db, () => Number(piece.run(values).changes));
      yield forgotten;
      if (forgotten < PIECE) break;
    }
  }
}

/** Conditions on the syncs to forget, with their values. */
function findSurplus(
  db: DatabaseSync,
  current: string,
  keepFullSyncs: number,
  resumableSince: string,
): (readonly [condition: string, values: Values])[] {
  const isFull = db.prepare(`SELECT 1 FROM v1_sync_runs WHERE sync_id = ? AND ${FULL}`).get(current);
  const kept = keepFullSyncs - (isFull === undefined ? 0 : 1);
  const newest = db
    .prepare(
      `SELECT id, started_at FROM v1_sync_runs WHERE ${OTHER} AND ${FULL} ORDER BY id DESC LIMIT 1 OFFSET $kept`,
    )
    .get({ $current: current, $kept: kept });
  const surplus: (readonly [condition: string, values: Values])[] = [
    [
      "ended_at IS NULL AND sync_id <> $current AND started_at < $since",
      { $current: current, $since: resumableSince },
    ],
    ...findDiffs(db, current),
  ];
  if (newest !== undefined) {
    const $startedAt = readText(newest, "started_at");
    const $newest = readInteger(newest, "id");
    surplus.push(
      [`${OTHER} AND ${PARTIAL} AND ended_at < $startedAt`, { $current: current, $startedAt }],
      [`${OTHER} AND ${FULL} AND id <= $newest`, { $current: current, $newest }],
    );
  }
  return surplus;
}

/** Of more than two halves of comparisons only the newest and its partner stay. */
function findDiffs(db: DatabaseSync, current: string): (readonly [condition: string, values: Values])[] {
  const halves = `FROM v1_sync_runs WHERE ended_at IS NOT NULL AND ${DIFF}`;
  const count = db.prepare(`SELECT count(*) AS n ${halves}`).get() ?? {};
  const newest = db.prepare(`SELECT sync_id, linked_sync_id ${halves} ORDER BY id DESC LIMIT 1`).get();
  if (newest === undefined || readInteger(count, "n") <= 2) return [];
  return [
    [
      `${OTHER} AND ${DIFF} AND sync_id NOT IN ($newest, $linked)`,
      {
        $current: current,
        $newest: readText(newest, "sync_id"),
        $linked: readText(newest, "linked_sync_id"),
      },
    ],
  ];
}
