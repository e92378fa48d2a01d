import type { Property } from "#format/figures.ts";
import { formatTime } from "#format/times.ts";
import { describeTime } from "./described-times.ts";
import type { ReviewFacts } from "./review.ts";
import type { SyncFacts } from "./snapshots.ts";

/** Of a file that says nothing of it, as those of other programs. */
const NOT_RECORDED = "not recorded";

/** What a review is about, and what it is compared with. */
export function describeComparison(facts: ReviewFacts): readonly [string, string] {
  const { sync, previousSync, since } = facts;
  const about = `As of ${describeTime(sync)}: sync ${sync.id} in ${sync.file}`;
  if (previousSync === null) return [about, "Compared with nothing"];
  const where = previousSync.file === sync.file ? "" : ` in ${previousSync.file}`;
  const why = since === null ? "" : `, the newest from before ${formatTime(since)}`;
  return [about, `Compared with ${describeTime(previousSync)}: sync ${previousSync.id}${where}${why}`];
}

/** Where a review comes from: what somebody needs who checks it later. */
export function describeSource(facts: ReviewFacts): Property[] {
  const { sync, previousSync } = facts;
  return [
    { label: "Made by", value: facts.madeBy ?? NOT_RECORDED },
    { label: "Synced by", value: describeProgram(sync) },
    { label: "Codecov's address", value: sync.origin?.source?.address ?? NOT_RECORDED },
    { label: "Token of", value: describeTokenOwner(sync) },
    { label: "Sync", value: `${sync.id}, ${describeSpan(sync)}` },
    { label: "File", value: sync.file },
    { label: "SHA-256 of the file", value: sync.fileHash },
    ...(previousSync === null
      ? [{ label: "Compared with", value: "nothing" }]
      : describePrevious(previousSync, sync)),
  ];
}

function describePrevious(previous: SyncFacts, sync: SyncFacts): Property[] {
  const property = { label: "Compared with", value: `${previous.id}, ${describeSpan(previous)}` };
  if (previous.file === sync.file) return [property];
  return [
    property,
    { label: "File of that sync", value: previous.file },
    { label: "SHA-256 of that file", value: previous.fileHash },
  ];
}

function describeProgram({ origin }: SyncFacts): string {
  return origin === null ? NOT_RECORDED : `${origin.program} ${origin.version}`;
}

function describeTokenOwner({ origin }: SyncFacts): string {
  const source = origin?.source;
  if (source === undefined) return NOT_RECORDED;
  const role = source.isAdmin === undefined ? "" : source.isAdmin ? ", an admin" : ", not an admin";
  return `${source.account ?? "an account that Codecov does not name"}${role}`;
}

function describeSpan({ startedAt, endedAt }: SyncFacts): string {
  return `from ${formatTime(startedAt)} to ${formatTime(endedAt)}`;
}
