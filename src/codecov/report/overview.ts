import type { Figure } from "#format/figures.ts";
import { formatDifference, formatNumber } from "#format/number.ts";
import { formatDay } from "#format/times.ts";
import { knowsSignIns, type ListName } from "./findings.ts";
import type { ReviewFacts } from "./review.ts";
import type { SyncFacts } from "./snapshots.ts";

/** A number of the review. */
interface ReviewFigure extends Figure {
  readonly list: ListName | undefined;
}

/** What the list of rows is called that say something a person has to look into. */
export const NEEDS_REVIEW = "Needs review";

/** The organization in words, for example `acme on github`. */
export function describeOrganization({ owner, service }: ReviewFacts): string {
  const name = owner ?? "unknown organization";
  return service === null ? name : `${name} on ${service}`;
}

/** The numbers to begin with. */
export function describeFigures({ counts, purchasedSeats, previousSync }: ReviewFacts): ReviewFigure[] {
  const since = previousSync === null ? "" : describeDay(previousSync);
  const describeDifference = (now: number, before: number | undefined) =>
    before === undefined ? "" : `${formatDifference(now, before)} since ${since}`;
  const { changes } = counts;
  const isIdleKnown = knowsSignIns(counts);
  return [
    {
      label: "Members",
      value: formatNumber(counts.members),
      detail: describeDifference(counts.members, changes?.membersBefore),
      list: "members",
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
      label: NEEDS_REVIEW,
      value: formatNumber(counts.concerns),
      detail: "",
      list: "concerns",
    },
  ];
}

function describePurchased(used: number, purchased: number | null): string {
  if (purchased === null) return "";
  const rest = purchased - used;
  return `of ${formatNumber(purchased)} bought, ${rest < 0 ? `${formatNumber(-rest)} too many` : `${formatNumber(rest)} free`}`;
}

function describeDay(sync: SyncFacts): string {
  const time = sync.endedAt ?? sync.startedAt;
  return time === null ? "the previous sync" : formatDay(time);
}

function joinParts(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("; ");
}
