import type { Service } from "#codecov/api/owner.ts";
import { hasName, type RosterRow } from "#codecov/roster/roster-row.ts";
import type { Logger } from "#kernel/logger.ts";
import { DELETED_SERVICE, hasPlausibleEmail, isCut } from "./user-mapper.ts";

/** What is counted over a whole walk, and how the log speaks of what is out of the ordinary. */
const ANOMALIES = {
  withoutName: "members without a user name; their ids are derived and change with name and e-mail",
  otherService: "members on another git service; their ids say which",
  deleted: "accounts that Codecov is deleting; reported as deleted",
  caseOnly: "members whose user names differ only in case; their ids differ in the same way",
  cut: "members whose name or e-mail is too long; truncated",
  implausibleEmail: "members whose e-mail is not a well-formed address; shown in the profile only",
} as const;

type Anomaly = keyof typeof ANOMALIES;
const ANOMALY_NAMES = [
  "withoutName",
  "otherService",
  "deleted",
  "caseOnly",
  "cut",
  "implausibleEmail",
] as const;

/** The number of rows, that of seats, then counts per anomaly in the order of ANOMALY_NAMES. */
export type Counters = readonly number[];

const FIRST_ANOMALY = 2;

export const NO_COUNTS: Counters = Array.from({ length: FIRST_ANOMALY + ANOMALY_NAMES.length }, () => 0);

/** `counters` with the rows of one more page. */
export function addToCounters(counters: Counters, rows: readonly RosterRow[], service: Service): Counters {
  const counts: Record<Anomaly, number> = {
    withoutName: 0,
    otherService: 0,
    deleted: 0,
    caseOnly: countCaseTwins(rows),
    cut: 0,
    implausibleEmail: 0,
  };
  for (const { member } of rows) {
    if (!hasName(member)) counts.withoutName += 1;
    if (member.service === DELETED_SERVICE) counts.deleted += 1;
    else if (member.service !== service) counts.otherService += 1;
    if (isCut(member)) counts.cut += 1;
    if (member.email && !hasPlausibleEmail(member)) counts.implausibleEmail += 1;
  }
  const seats = rows.filter(({ member }) => member.activated).length;
  const added = [rows.length, seats, ...ANOMALY_NAMES.map((name) => counts[name])];
  return added.map((count, index) => count + (counters[index] ?? 0));
}

/** One line for the whole, and one for each kind of anomaly that occurred. */
export function logCounters(counters: Counters, log: Logger): void {
  log.info("member list read", { rows: counters[0] ?? 0, seats: seatsOf(counters) });
  for (const [index, name] of ANOMALY_NAMES.entries()) {
    const count = counters[FIRST_ANOMALY + index] ?? 0;
    if (count > 0) log.warn(ANOMALIES[name], { count });
  }
}

/** How many of the rows hold a seat. */
export function seatsOf(counters: Counters): number {
  return counters[1] ?? 0;
}

function countCaseTwins(rows: readonly RosterRow[]): number {
  const members = rows.map(({ member }) => member).filter(hasName);
  // Nearly always the names alone are distinct.
  if (new Set(members.map(({ username }) => username.toLowerCase())).size === members.length) return 0;
  const seen = new Set<string>();
  let twins = 0;
  for (const member of members) {
    const key = `${member.service}/${member.username.toLowerCase()}`;
    if (seen.has(key)) twins += 1;
    seen.add(key);
  }
  return twins;
}

/** Counters as they travel in the page token. */
export function formatCounters(counters: Counters): string {
  return counters.join("-");
}

/** Reads what {@link formatCounters} writes; counts it cannot read are 0, as nothing but log lines depends on them. */
export function parseCounters(text: string): Counters {
  const counts = text.split("-").map(Number);
  return NO_COUNTS.map((_, index) => {
    const count = counts[index] ?? 0;
    return Number.isSafeInteger(count) && count >= 0 ? count : 0;
  });
}
