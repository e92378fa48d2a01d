import type { Movement, Share } from "#format/html-charts.ts";
import type { ChangeCounts } from "./findings.ts";
import type { ReviewFacts } from "./review.ts";

/** All seats, in use or free. */
export function describeSeats({ counts, purchasedSeats }: ReviewFacts): Share[] {
  return [
    { label: "Valid sign-in session", count: counts.seatsSignedIn, colour: "active" },
    { label: "No valid sign-in session", count: counts.seatsIdle, colour: "idle" },
    { label: "In use, sign-ins unknown", count: counts.seatsUnknown, colour: "unknown" },
    { label: "Free", count: Math.max(0, (purchasedSeats ?? 0) - counts.seats), colour: "free" },
  ];
}

export function describeMovements(changes: ChangeCounts): Movement[] {
  return [
    { label: "Members", lost: changes.left, lostAs: "left", gained: changes.joined, gainedAs: "joined" },
    {
      label: "Seats of those who stayed",
      lost: changes.seat_lost,
      lostAs: "lost",
      gained: changes.seat_gained,
      gainedAs: "gained",
    },
    {
      label: "Admins among those who stayed",
      lost: changes.admin_lost,
      lostAs: "lost",
      gained: changes.admin_gained,
      gainedAs: "gained",
    },
  ];
}
