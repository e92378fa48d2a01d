import { knowsSignIns, type ListName } from "./findings.ts";
import type { ReviewFacts, SyncFacts } from "./review.ts";

/** One number of the review, in words for people. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  /** What it was, or what it is out of; may be empty. */
  readonly detail: string;
  /** The list of those who are counted; undefined if there is none. */
  readonly list: ListName | undefined;
}

/** The organization in words, for example `acme on github`. */
export function describeOrganization({ owner, service }: ReviewFacts): string {
  const name = owner ?? "unknown organization";
  return service === null ? name : `${name} on ${service}`;
}

/** When a sync ended, to the minute; otherwise when it began, and that it is this. */
export function describeTime({ startedAt, endedAt }: SyncFacts): string {
  if (endedAt !== null) return toMinute(endedAt);
  return startedAt === null ? "an unknown time" : `${toMinute(startedAt)} (start)`;
}

function toMinute(iso: string): string {
  return `${iso.slice(0, "2026-01-01T00:00".length).replace("T", " ")} UTC`;
}

/** The numbers to begin with. */
export function describeFigures({ counts, purchasedSeats }: ReviewFacts): Figure[] {
  const { changes } = counts;
  const isIdleKnown = knowsSignIns(counts);
  return [
    {
      label: "Members",
      value: formatNumber(counts.members),
      detail: describeDifference(counts.members, changes?.membersBefore),
      list: undefined,
    },
    {
      label: "Seats used",
      value: formatNumber(counts.seats),
      detail: joinParts(
        describePurchased(counts.seats, purchasedSeats),
        describeDifference(counts.seats, changes?.seatsBefore),
      ),
      list: undefined,
    },
    {
      label: "Seats without activity",
      value: isIdleKnown ? formatNumber(counts.seatsIdle) : "unknown",
      detail: isIdleKnown ? "no valid sign-in session" : "sign-ins were not synced",
      list: "idleSeats",
    },
    {
      label: "Members without a seat",
      value: formatNumber(counts.seatless),
      detail: "",
      list: "seatless",
    },
    {
      label: "Admins",
      value: formatNumber(counts.admins),
      detail: joinParts(
        counts.adminsWithoutSeat > 0 ? `${formatNumber(counts.adminsWithoutSeat)} without a seat` : "",
        describeDifference(counts.admins, changes?.adminsBefore),
      ),
      list: "admins",
    },
    {
      label: "Rows that need a person",
      value: formatNumber(counts.concerns),
      detail: "",
      list: "concerns",
    },
  ];
}

export function formatNumber(number: number): string {
  return number.toLocaleString("en-US");
}

function describePurchased(used: number, purchased: number | null): string {
  if (purchased === null) return "";
  const rest = purchased - used;
  return `of ${formatNumber(purchased)} bought, ${rest < 0 ? `${formatNumber(-rest)} too many` : `${formatNumber(rest)} free`}`;
}

function describeDifference(now: number, before: number | undefined): string {
  if (before === undefined) return "";
  if (now === before) return "as before";
  return `${now > before ? "+" : "−"}${formatNumber(Math.abs(now - before))} since the sync before`;
}

function joinParts(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("; ");
}
