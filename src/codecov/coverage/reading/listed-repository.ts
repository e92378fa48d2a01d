import type { RepositoryRow } from "#codecov/api/coverage-schemas.ts";
import type { KnownRepository } from "#codecov/coverage/model/ledger.ts";
import { type ListedRepository, placeholderName } from "#codecov/coverage/model/repository.ts";
import { toInstant } from "./instants.ts";

/** What a row of the list says of a repository's coverage. */
export function toListedRepository(row: RepositoryRow): ListedRepository {
  const { name, language, branch, active } = row;
  return {
    name,
    private: row.private,
    branch,
    language,
    active,
    updatedAt: toInstant(row.updatestamp),
    ...judge(row),
  };
}

function judge({
  active,
  activated,
  totals,
}: RepositoryRow): Pick<ListedRepository, "state" | "reason" | "totals"> {
  if (totals.kind === "unreadable")
    return { state: "unreadable", reason: `${totals.problem}.`, totals: null };
  if (active === null && totals.kind === "none")
    return { state: "not_active", reason: "Nothing was ever uploaded.", totals: null };
  if (active === false || activated === false)
    return { state: "not_active", reason: "Uploads are switched off in Codecov.", totals: null };
  if (totals.kind === "none") {
    const reason = "The default branch has no complete report that is at least an hour old.";
    return { state: "no_report", reason, totals: null };
  }
  if (totals.counts.lines === 0)
    return { state: "no_report", reason: "The newest complete report has no lines.", totals: null };
  return { state: "measured", reason: null, totals: totals.counts };
}

const FAILED_ROW = "Codecov fails on this repository's row of the list (500 Server Error).";

/** A repository whose row Codecov fails on, with what is known of it. */
export function toUnreadable({ name, private: isPrivate, branch }: KnownRepository): ListedRepository {
  return { ...UNREADABLE, name, private: isPrivate, branch };
}

/** A row of which not even the name is known. */
export function toNameless(ordinal: number): ListedRepository {
  return { ...UNREADABLE, name: placeholderName(ordinal), private: true, branch: null };
}

const UNREADABLE = {
  language: null,
  active: null,
  updatedAt: null,
  state: "unreadable",
  reason: FAILED_ROW,
  totals: null,
} as const satisfies Partial<ListedRepository>;
