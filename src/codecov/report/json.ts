import { escapeHiddenInJson } from "#kernel/visible-text.ts";
import { type ChangeCounts, type Finding, knowsSignIns } from "./findings.ts";
import type { ReviewContent, ReviewFacts } from "./review.ts";
import type { SyncFacts } from "./snapshots.ts";

/** Raised when a field changes its meaning or goes; new fields can come at any time. */
const FORMAT = 1;

/** The review as one JSON object with every member of every list, in pieces; `docs/report.md` describes it. */
export function* renderJson(review: ReviewContent): Generator<string> {
  const { facts } = review;
  yield "{\n";
  for (const [name, value] of Object.entries(describeFacts(facts))) yield `  "${name}": ${toText(value)},\n`;
  yield* renderList("changes", facts.counts.changes === null ? null : review.list("changes"));
  yield* renderList("needs_attention", review.list("concerns"));
  yield* renderList("seats_without_session", knowsSignIns(facts.counts) ? review.list("idleSeats") : null);
  yield* renderList("admins", review.list("admins"));
  yield* renderList("members_without_seat", review.list("seatless"));
  yield* renderList("seats_session_unknown", knowsSignIns(facts.counts) ? review.list("unknownSeats") : null);
  yield* renderList("members", review.list("members"), "\n");
  yield "}\n";
}

function* renderList(name: string, findings: Iterable<Finding> | null, end = ",\n"): Generator<string> {
  if (findings === null) {
    yield `  "${name}": null${end}`;
    return;
  }
  let separator = `  "${name}": [\n    `;
  let close = `  "${name}": []${end}`;
  for (const finding of findings) {
    yield separator + toText(describeFinding(finding));
    separator = ",\n    ";
    close = `\n  ]${end}`;
  }
  yield close;
}

function describeFacts(facts: ReviewFacts): Readonly<Record<string, unknown>> {
  const { counts, sync, previousSync } = facts;
  return {
    format: FORMAT,
    made_by: facts.madeBy,
    file: facts.file,
    file_sha256: sync.fileHash,
    organization: { owner: facts.owner, service: facts.service },
    sync: describeSync(sync),
    since: facts.since,
    previous_sync: previousSync && {
      ...describeSync(previousSync),
      file: previousSync.file,
      file_sha256: previousSync.fileHash,
    },
    notes: facts.notes,
    summary: {
      members: counts.members,
      seats_used: counts.seats,
      seats_purchased: facts.purchasedSeats,
      seats_with_session: counts.seatsSignedIn,
      seats_without_session: counts.seatsIdle,
      seats_session_unknown: counts.seatsUnknown,
      admins: counts.admins,
      admins_without_seat: counts.adminsWithoutSeat,
      members_without_seat: counts.seatless,
      needs_attention: counts.concerns,
      changes: counts.changes && describeChanges(counts.changes),
    },
  };
}

function describeSync({ id, startedAt, endedAt, origin }: SyncFacts) {
  return {
    id,
    started_at: startedAt,
    ended_at: endedAt,
    program: origin?.program ?? null,
    program_version: origin?.version ?? null,
    address: origin?.source?.address ?? null,
    token_owner: origin?.source?.account ?? null,
    token_owner_is_admin: origin?.source?.isAdmin ?? null,
  };
}

function describeChanges({ membersBefore, seatsBefore, adminsBefore, changed, ...counts }: ChangeCounts) {
  return {
    members_changed: changed,
    members_before: membersBefore,
    seats_used_before: seatsBefore,
    admins_before: adminsBefore,
    ...counts,
  };
}

function describeFinding(finding: Finding): Readonly<Record<string, unknown>> {
  return {
    id: finding.id,
    username: finding.username,
    name: finding.name,
    email: finding.email,
    service: finding.service,
    seat: finding.hasSeat,
    admin: finding.isAdmin,
    seat_before: finding.hadSeat,
    admin_before: finding.wasAdmin,
    name_before: finding.nameBefore,
    email_before: finding.emailBefore,
    session: finding.signIn,
    session_ends_at: finding.sessionEnds,
    changes: finding.changes,
    possibly_same_as: finding.possiblySameAs,
    attention: finding.concerns,
    shares_email_with: finding.sharesEmailWith,
  };
}

function toText(value: unknown): string {
  return escapeHiddenInJson(JSON.stringify(value));
}
