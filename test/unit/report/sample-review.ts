import type { Finding } from "#codecov/report/findings.ts";
import type { ReviewContent, ReviewFacts } from "#codecov/report/review.ts";

/** A review of one member with these texts, who is on every list. */
export function reviewOfOne(name: string, id = "ann"): ReviewContent {
  const finding: Finding = {
    id,
    username: id,
    name,
    email: name,
    service: "github",
    hasSeat: true,
    isAdmin: true,
    hadSeat: null,
    wasAdmin: null,
    nameBefore: name,
    emailBefore: null,
    signIn: "never",
    sessionEnds: null,
    changes: ["joined", "name_changed"],
    possiblySameAs: id,
    concerns: ["shared_email"],
    sharesEmailWith: [id],
  };
  const one = { members: 1, seats: 1, seatless: 1, admins: 1, adminsWithoutSeat: 0, concerns: 1 };
  const seats = { seatsSignedIn: 0, seatsIdle: 1, seatsUnknown: 0 };
  const none = {
    left: 0,
    seat_gained: 0,
    seat_lost: 0,
    admin_gained: 0,
    admin_lost: 0,
    name_changed: 0,
    email_changed: 0,
  };
  const before = {
    changed: 1,
    being_deleted: 0,
    joined: 1,
    membersBefore: 0,
    seatsBefore: 0,
    adminsBefore: 0,
  };
  const facts: ReviewFacts = {
    file: "sync.c1z",
    owner: name,
    service: "github",
    sync: {
      id: "SYNC",
      startedAt: "2026-11-21T11:59:00.000Z",
      endedAt: "2026-11-21T12:00:00.000Z",
      file: name,
      fileHash: "0".repeat(64),
      origin: { program: name, version: name, source: { address: name, account: name } },
    },
    previousSync: null,
    since: null,
    madeBy: name,
    purchasedSeats: null,
    counts: { ...one, ...seats, changes: { ...none, ...before } },
    notes: [name],
  };
  return { facts, list: () => [finding] };
}
