import { formatDay } from "#format/times.ts";
import { describeTime } from "./described-times.ts";
import {
  type Concern,
  type Counts,
  type Finding,
  knowsSignIns,
  type ListName,
  type MemberChange,
} from "./findings.ts";
import { NEEDS_REVIEW } from "./overview.ts";
import type { ReviewFacts } from "./review.ts";

/** A column of a list for people. */
export interface Column {
  readonly title: string;
  /** A place to write by hand. */
  readonly isBlank?: boolean;
  /** What is left out first where there is no room for all columns. */
  readonly isDispensable?: boolean;
  read(finding: Finding): string;
}

/** A list for people. */
export interface Section {
  readonly list: ListName;
  readonly title: string;
  /** How many rows it has; undefined if the file does not show it, and then the explanation says why. */
  readonly count: number | undefined;
  /** What the list means and what to do with it. */
  readonly explanation: string;
  readonly columns: readonly Column[];
}

const MEMBER: Column = { title: "Member", read: ({ id }) => id };
const NAME: Column = { title: "Name", isDispensable: true, read: ({ name }) => name ?? "" };
const EMAIL: Column = { title: "E-mail", read: ({ email }) => email ?? "" };
const SEAT: Column = { title: "Seat", read: ({ hasSeat }) => (hasSeat ? "yes" : "no") };
const ADMIN: Column = { title: "Admin", read: ({ isAdmin }) => (isAdmin ? "yes" : "no") };
const SESSION: Column = { title: "Last session", read: describeSession };
const CHANGE: Column = { title: "What changed", read: describeChange };
const SINCE: Column = {
  title: "Change",
  read: ({ changes }) => changes.map((c) => CHANGE_WORDS[c]).join(", "),
};
const DECISION: Column = { title: "Decision", isBlank: true, read: () => "" };
const REVIEWER: Column = { title: "Reviewer", isBlank: true, read: () => "" };
const CONCERN: Column = { title: "Why", read: describeConcerns };

const CHANGE_WORDS: Readonly<Record<MemberChange, string>> = {
  joined: "joined",
  left: "left",
  seat_gained: "got a seat",
  seat_lost: "lost the seat",
  admin_gained: "became an admin",
  admin_lost: "is no longer an admin",
  being_deleted: "being deleted",
  name_changed: "name changed",
  email_changed: "e-mail changed",
};

const CONCERN_WORDS: Readonly<Record<Concern, string>> = {
  no_username: "no user name: it went to another account",
  being_deleted: "Codecov is deleting this account",
  shared_email: "same e-mail",
  hidden_characters: "invisible characters in name or e-mail",
};

/** All members, for a decision on each of them. It is the longest list, so it comes last. */
export function describePopulation({ counts }: ReviewFacts): Section {
  return {
    list: "members",
    title: "All members",
    count: counts.members,
    explanation:
      "Everyone who has access, including those on no list above, with room for the decision: keep, remove the seat, remove the member.",
    columns: [MEMBER, NAME, EMAIL, SEAT, ADMIN, SESSION, SINCE, DECISION, REVIEWER],
  };
}

/** The lists of a review in the order to read them. */
export function describeSections(facts: ReviewFacts): Section[] {
  const { counts } = facts;
  return [
    describeChangesSection(facts),
    {
      list: "concerns",
      title: NEEDS_REVIEW,
      count: counts.concerns,
      explanation: "Codecov's data does not show for certain who these are. Check them before you decide.",
      columns: [MEMBER, NAME, EMAIL, SEAT, CONCERN],
    },
    describeIdleSeats(counts),
    ...(knowsSignIns(counts) && counts.seatsUnknown > 0 ? [describeUnknownSeats(counts)] : []),
    {
      list: "admins",
      title: "Admins",
      count: counts.admins,
      explanation: "Admins may change seats, plan and settings, and do not need a seat for that.",
      columns: [MEMBER, NAME, EMAIL, SEAT, SESSION],
    },
    {
      list: "seatless",
      title: "Members without a seat",
      count: counts.seatless,
      explanation: "They cost nothing, but can sign in to Codecov and may be given a seat automatically.",
      columns: [MEMBER, NAME, EMAIL, ADMIN],
    },
  ];
}

const DELETION_NOTE =
  " Codecov renames an account that it deletes; the former name is shown where it can be determined.";

function describeChangesSection({ counts: { changes }, previousSync }: ReviewFacts): Section {
  return {
    list: "changes",
    title: `Changes since ${previousSync === null ? "the previous sync" : describeTime(previousSync)}`,
    count: changes?.changed,
    explanation:
      changes === null
        ? "Unknown: the file contains no earlier sync of this organization to compare with."
        : `A member with a new user name is listed as one who left and one who joined.${changes.being_deleted > 0 ? DELETION_NOTE : ""}`,
    columns: [MEMBER, NAME, EMAIL, CHANGE],
  };
}

/** Only where most sign-ins are known: those of somebody who is not among the sessions that Codecov lists. */
function describeUnknownSeats({ seatsUnknown }: Counts): Section {
  return {
    list: "unknownSeats",
    title: "Seats whose sign-ins are unknown",
    count: seatsUnknown,
    explanation:
      "Codecov reports sign-ins by user name, so it is unknown whether these seat holders sign in.",
    columns: [MEMBER, NAME, EMAIL, ADMIN],
  };
}

function describeIdleSeats(counts: Counts): Section {
  const isKnown = knowsSignIns(counts);
  return {
    list: "idleSeats",
    title: "Seats without activity",
    count: isKnown ? counts.seatsIdle : undefined,
    explanation: isKnown
      ? "Seat holders with no valid sign-in session. Codecov exposes no other activity data: a member who only pushes commits never signs in and still needs the seat."
      : "Unknown: sign-in sessions are not in the file. Sync with --codecov-session-info and the token of an admin.",
    columns: [MEMBER, NAME, EMAIL, SESSION],
  };
}

function describeSession({ signIn, sessionEnds }: Finding): string {
  const day = sessionEnds === null ? "" : formatDay(sessionEnds);
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
  const { changes, hasSeat, hadSeat } = finding;
  const words = changes.map((change) => CHANGE_WORDS[change] + describeValues(change, finding));
  if (hasSeat === null) words.push(hadSeat ? "held a seat" : "held no seat");
  if (hadSeat === null) words.push(hasSeat ? "holds a seat" : "holds no seat");
  return [...words, ...describeOtherId(finding)].join(", ");
}

/** What a name or an e-mail was and is. */
function describeValues(change: MemberChange, { name, nameBefore, email, emailBefore }: Finding): string {
  if (change === "name_changed") return `: ${nameBefore ?? "none"} → ${name ?? "none"}`;
  return change === "email_changed" ? `: ${emailBefore ?? "none"} → ${email ?? "none"}` : "";
}

function describeOtherId({ changes, possiblySameAs, hasSeat, nameBefore, emailBefore }: Finding): string[] {
  if (changes.includes("being_deleted")) {
    if (possiblySameAs === null) return [];
    const known = [nameBefore, emailBefore].filter((text) => text !== null).join(", ");
    return [`most likely ${possiblySameAs} before${known === "" ? "" : ` (${known})`}`];
  }
  if (possiblySameAs === null) return [];
  return [`perhaps renamed: ${hasSeat === null ? "now" : "was"} ${possiblySameAs}`];
}

function describeConcerns({ concerns, sharesEmailWith }: Finding): string {
  return concerns
    .map((concern) =>
      concern === "shared_email" ? `same e-mail as ${sharesEmailWith.join(", ")}` : CONCERN_WORDS[concern],
    )
    .join("; ");
}
