import type { DatabaseSync } from "node:sqlite";

/** Rows of an account that Codecov has begun to delete, under the id that it has got for that. */
const IS_NEW_ID = "removing AND had_seat IS NULL";

/** Rows that are gone and may be such an account under its former id. */
const IS_FORMER_ID = "seat IS NULL AND NOT deleted AND same_as IS NULL";

/** Exact: some versions of Codecov may leave user name or address as they were. */
const SHARED_KEYS = ["address", "username"];

/** First by seat and admin flag, then the only one left. */
const REMAINING_KEYS = ["coalesce(seat, had_seat) * 2 + coalesce(admin, was_admin)", "1"];

/**
 * Codecov begins the deletion of an account by replacing its user name, name and e-mail with texts that are made of a
 * number which nobody else gets to see (`deleted_user_1029`), so that it stands in a later sync under another id. Makes
 * one row of the two: the present one, with the state from before. Where more than one row comes into question, they
 * stay apart.
 *
 * @param how `by what they share` needs no guess. `by what is left` looks at the rows that nothing else explains, so
 *   renamed members have to be known by then.
 */
export function joinDeletedAccounts(db: DatabaseSync, how: "by what they share" | "by what is left"): void {
  const any = db.prepare(`SELECT 1 FROM members WHERE ${IS_NEW_ID} LIMIT 1`);
  for (const key of how === "by what they share" ? SHARED_KEYS : REMAINING_KEYS) {
    if (any.get() === undefined) return;
    db.exec(`${makeUpdate(key)}; ${DELETE_FORMER}`);
  }
}

function makeUpdate(key: string): string {
  return `
    WITH candidates AS (
      SELECT id, ${key} AS key, seat IS NULL AS is_former FROM members
      WHERE ${key} IS NOT NULL AND ((${IS_NEW_ID}) OR (${IS_FORMER_ID}))),
    pairs AS (
      SELECT min(id) FILTER (WHERE is_former) AS old, min(id) FILTER (WHERE NOT is_former) AS new FROM candidates
      GROUP BY key HAVING sum(is_former) = 1 AND count(*) = 2),
    former AS (
      SELECT new, id, had_seat, was_admin, name_before, email_before FROM members JOIN pairs ON id = old)
    UPDATE members SET same_as = former.id, had_seat = former.had_seat, was_admin = former.was_admin,
      name_before = former.name_before, email_before = former.email_before
    FROM former WHERE members.id = former.new`;
}

/** Its state has been copied into the present row. */
const DELETE_FORMER = `
  DELETE FROM members WHERE seat IS NULL AND id IN (
    SELECT same_as FROM members WHERE removing AND same_as IS NOT NULL)`;
