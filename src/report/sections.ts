import {
  type Change,
  type Concern,
  type Counts,
  type Finding,
  knowsSignIns,
  type ListName,
} from "./findings.ts";
import type { ReviewFacts } from "./review.ts";

/** A column of a list for people. */
export interface Column {
  readonly title: string;
  read(finding: Finding): string;
}

/** A list for people. */
export interface Section {
  readonly list: ListName;
  readonly title: string;
  /** How many rows it has; undefined if the file cannot tell, and then the explanation says why. */
  readonly count: number | undefined;
  /** What the list means and what to do with it. */
  readonly explanation: string;
  readonly columns: readonly Column[];
}

const MEMBER: Column = { title: "Member", read: ({ id }) => id };
const NAME: Column = { title: "Name", read: ({ name }) => name ?? "" };
const EMAIL: Column = { title: "E-mail", read: ({ email }) => email ?? "" };
const SEAT: Column = { title: "Seat", read: ({ hasSeat }) => (hasSeat ? "yes" : "no") };
const ADMIN: Column = { title: "Admin", read: ({ isAdmin }) => (isAdmin ? "yes" : "no") };
const SESSION: Column = { title: "Last session", read: describeSession };
const CHANGE: Column = { title: "What changed", read: describeChange };
const CONCERN: Column = { title: "Why", read: describeConcerns };

const CHANGE_WORDS: Readonly<Record<Change, string>> = {
  joined: "joined",
  left: "left",
  seat_gained: "got a seat",
  seat_lost: "lost the seat",
  admin_gained: "became an admin",
  admin_lost: "is no admin any more",
};

const CONCERN_WORDS: Readonly<Record<Concern, string>> = {
  no_username: "no user name: it went to another account",
  being_deleted: "Codecov is deleting this account",
  shared_email: "same e-mail",
  hidden_characters: "invisible characters in name or e-mail",
};

/** The lists of a review in the order to read them. */
export function describeSections({ counts }: ReviewFacts): Section[] {
  return [
    describeChangesSection(counts),
    {
      list: "concerns",
      title: "Rows that need a person",
      count: counts.concerns,
      explanation:
        "Who these are cannot be told for certain from Codecov's data. Look at them before deciding on them.",
      columns: [MEMBER, NAME, EMAIL, SEAT, CONCERN],
    },
    describeIdleSeats(counts),
    {
      list: "admins",
      title: "Admins",
      count: counts.admins,
      explanation: "Admins may change seats, plan and settings; they need no seat for it.",
      columns: [MEMBER, NAME, EMAIL, SEAT, SESSION],
    },
    {
      list: "seatless",
      title: "Members without a seat",
      count: counts.seatless,
      explanation: "They cost nothing, but can sign in to Codecov and may get a seat automatically.",
      columns: [MEMBER, NAME, EMAIL, ADMIN],
    },
  ];
}

function describeChangesSection({ changes }: Counts): Section {
  return {
    list: "changes",
    title: "Changes since the previous sync",
    count: changes?.changed,
    explanation:
      changes === null
        ? "Unknown: the file holds no earlier sync of this organization to compare with."
        : "A renamed member is listed as one who left and one who joined.",
    columns: [MEMBER, NAME, EMAIL, CHANGE],
  };
}

function describeIdleSeats(counts: Counts): Section {
  const isKnown = knowsSignIns(counts);
  return {
    list: "idleSeats",
    title: "Seats without activity",
    count: isKnown ? counts.seatsIdle : undefined,
    explanation: isKnown
      ? "Seat holders with no valid sign-in session. Codecov tells nothing else of activity: somebody who only pushes commits never signs in and still needs the seat."
      : "Unknown: sign-in sessions are not in the file. Sync with --codecov-session-info and the token of an admin.",
    columns: [MEMBER, NAME, EMAIL, SESSION],
  };
}

function describeSession({ signIn, sessionEnds }: Finding): string {
  const day = sessionEnds?.slice(0, "2026-01-01".length) ?? "";
  switch (signIn) {
    case "active":
      return day === "" ? "valid" : `valid until ${day}`;
    case "ended":
      return `ended ${day}`;
    case "never":
      return "never";
    case "unknown":
      return "unknown";
    default:
      return signIn satisfies never;
  }
}

function describeChange(finding: Finding): string {
  const { changes, possiblySameAs, hasSeat, hadSeat } = finding;
  const words = changes.map((change) => CHANGE_WORDS[change]);
  if (hasSeat === null) words.push(hadSeat ? "held a seat" : "held no seat");
  if (hadSeat === null) words.push(hasSeat ? "holds a seat" : "holds no seat");
  if (possiblySameAs !== null)
    words.push(`perhaps renamed: ${hasSeat === null ? "now" : "was"} ${possiblySameAs}`);
  return words.join(", ");
}

function describeConcerns({ concerns, sharesEmailWith }: Finding): string {
  return concerns
    .map((concern) =>
      concern === "shared_email" ? `same e-mail as ${sharesEmailWith.join(", ")}` : CONCERN_WORDS[concern],
    )
    .join("; ");
}
