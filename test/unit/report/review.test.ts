import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openReview, type Review } from "#codecov/report/review.ts";
import { Code } from "#kernel/errors.ts";
import { addSync, catchError, makeTempDir, makeTestFile } from "../store/support.ts";
import {
  neverSignedIn,
  type SampleMember,
  type SampleSync,
  signedIn,
  signedOut,
  writeSample,
} from "./sample-file.ts";

const GO_FILES = fileURLToPath(new URL("../../golden/go-reference/", import.meta.url));

/** The review of a file with these syncs, oldest first. */
async function reviewOf(...syncs: SampleSync[]): Promise<Review> {
  const path = join(await makeTempDir(), "sync.c1z");
  await writeSample(path, syncs);
  const review = await openReview(path);
  onTestFinished(() => review[Symbol.asyncDispose]());
  return review;
}

function idsOf(review: Review, list: Parameters<Review["list"]>[0]): string[] {
  return [...review.list(list)].map(({ id }) => id);
}

/** What changed, by member. */
function changesOf(review: Review): Record<string, readonly string[]> {
  return Object.fromEntries([...review.list("changes")].map(({ id, changes }) => [id, changes]));
}

const seatless = { activated: false };
const admin = { is_admin: true };

test("everybody is counted once, by seat and by admin", async () => {
  const review = await reviewOf({
    purchased: 10,
    members: [
      { username: "ann" },
      { username: "bob", ...seatless },
      { username: "cid", ...admin },
      { username: "dot", ...admin, ...seatless },
    ],
  });
  expect(review.facts).toMatchObject({
    owner: "acme",
    service: "github",
    purchasedSeats: 10,
    previousSync: null,
    sync: { endedAt: "2026-11-21T12:00:00.000Z" },
    counts: { members: 4, seats: 2, seatless: 2, admins: 2, adminsWithoutSeat: 1, changes: null },
  });
  expect(idsOf(review, "seatless")).toEqual(["bob", "dot"]);
  expect(idsOf(review, "admins")).toEqual(["cid", "dot"]);
  expect(idsOf(review, "everybody")).toEqual(["ann", "bob", "cid", "dot"]);
});

test("the number of bought seats is unknown unless the file tells it", async () => {
  const review = await reviewOf({ members: [{ username: "ann" }] });
  expect(review.facts.purchasedSeats).toBeNull();
});

test("a license that counts other seats than the members hold is spoken of", async () => {
  const agreeing = await reviewOf({ members: [{ username: "ann" }] });
  expect(agreeing.facts.notes.join()).not.toContain("seats in use");
  const review = await reviewOf({ members: [{ username: "ann" }], consumed: 2 });
  expect(review.facts.notes.join()).toContain("Codecov counted 2 seats in use, the members listed hold 1");
});

test("each kind of change since the previous sync is told, and equal rows are none", async () => {
  const review = await reviewOf(
    {
      members: [
        { username: "same" },
        { username: "leaver" },
        { username: "gains-seat", ...seatless },
        { username: "loses-seat" },
        { username: "gains-admin" },
        { username: "loses-both", ...admin },
        { username: "new-mail", email: "old@example.com" },
      ],
    },
    {
      members: [
        { username: "same" },
        { username: "joiner", ...admin },
        { username: "gains-seat" },
        { username: "loses-seat", ...seatless },
        { username: "gains-admin", ...admin },
        { username: "loses-both", ...seatless },
        { username: "new-mail", email: "new@example.com" },
      ],
    },
  );
  expect(changesOf(review)).toEqual({
    leaver: ["left"],
    joiner: ["joined"],
    "gains-seat": ["seat_gained"],
    "loses-seat": ["seat_lost"],
    "gains-admin": ["admin_gained"],
    "loses-both": ["seat_lost", "admin_lost"],
    "new-mail": ["email_changed"],
  });
  expect(review.facts.counts.changes).toEqual({
    changed: 7,
    joined: 1,
    left: 1,
    seat_gained: 1,
    seat_lost: 2,
    admin_gained: 1,
    admin_lost: 1,
    being_deleted: 0,
    name_changed: 0,
    email_changed: 1,
    membersBefore: 7,
    seatsBefore: 6,
    adminsBefore: 1,
  });
  expect(review.facts.counts).toMatchObject({ members: 7, seats: 5, admins: 2 });
  expect(review.facts.previousSync?.endedAt).toBe("2026-11-14T12:00:00.000Z");
  expect([...review.list("changes")].find(({ id }) => id === "leaver")).toMatchObject({
    hasSeat: null,
    isAdmin: null,
    hadSeat: true,
    wasAdmin: false,
  });
});

test("syncs are put side by side whatever their ids are made of", async () => {
  const names = ["Z", "a", "a.b", "a:b", "ä", "\uffee", "\u{1f600}", "~gitlab~a"];
  const left = names.filter((_, index) => index % 2 === 0).map((username) => ({ username }));
  const review = await reviewOf({ members: names.map((username) => ({ username })) }, { members: left });
  expect(review.facts.counts.changes).toMatchObject({ changed: 4, joined: 0, left: 4 });
});

test("a leaver and a joiner with the same e-mail on the same service are perhaps one person", async () => {
  const review = await reviewOf(
    {
      members: [
        { username: "bob-old", email: "Bob@example.com" },
        { username: "many-1", email: "many@example.com" },
        { username: "many-2", email: "many@example.com" },
        { username: "elsewhere", email: "else@example.com", service: "gitlab" },
        { username: "no-mail", email: null },
        { username: "split", email: "split@example.com" },
      ],
    },
    {
      members: [
        { username: "bob-new", email: "bob@example.com" },
        { username: "many-3", email: "many@example.com" },
        { username: "else-new", email: "else@example.com" },
        { username: "no-mail-new", email: null },
        { username: "split-1", email: "split@example.com" },
        { username: "split-2", email: "split@example.com" },
      ],
    },
  );
  const pairs = [...review.list("changes")].map(({ id, possiblySameAs }) => [id, possiblySameAs] as const);
  expect(pairs.filter(([, other]) => other !== null)).toEqual([
    ["bob-old", "bob-new"],
    ["bob-new", "bob-old"],
  ]);
});

test("rows that need a person are told with every reason", async () => {
  const review = await reviewOf({
    members: [
      { username: "ordinary" },
      { username: null, name: "Nameless" },
      { username: "deleted-1", service: "to_be_deleted", email: null },
      { username: "twin-1", email: "twin@example.com" },
      { username: "twin-2", email: " Twin@EXAMPLE.com", ...seatless },
      { username: "no-mail-1", email: null },
      { username: "no-mail-2", email: "" },
      { username: "hidden", name: "Ann\u202egnp.exe" },
      { username: "joiner", name: "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645" },
    ],
  });
  const reasons = [...review.list("concerns")].map(({ id, concerns, sharesEmailWith }) => [
    id,
    concerns.join(),
    sharesEmailWith.join(),
  ]);
  expect(reasons).toEqual([
    ["deleted-1", "being_deleted", ""],
    ["hidden", "hidden_characters", ""],
    ["~no-username~github~Nameless", "no_username", ""],
    ["twin-1", "shared_email", "twin-2"],
    ["twin-2", "shared_email", "twin-1"],
  ]);
  expect(review.facts.counts.concerns).toBe(5);
});

test("somebody who has left needs nobody's attention and shares no e-mail", async () => {
  const review = await reviewOf(
    { members: [{ username: "old", email: "x@example.com" }, { username: "stays" }] },
    { members: [{ username: "new", email: "x@example.com" }, { username: "stays" }] },
  );
  expect(review.facts.counts.concerns).toBe(0);
});

test("seats without a sign-in are unknown unless sessions were synced", async () => {
  const without = await reviewOf({ members: [{ username: "ann" }] });
  expect(without.facts.counts).toMatchObject({ seats: 1, seatsIdle: 0, seatsSignedIn: 0, seatsUnknown: 1 });

  const review = await reviewOf({
    members: [
      { username: "ann", signIn: signedIn },
      { username: "bob", signIn: signedOut },
      { username: "cid", signIn: neverSignedIn },
      { username: "dot", signIn: neverSignedIn, ...seatless },
      { username: "eve" },
    ],
  });
  expect(review.facts.counts).toMatchObject({ seatsIdle: 2, seatsSignedIn: 1, seatsUnknown: 1 });
  expect([...review.list("idleSeats")].map(({ id, signIn }) => [id, signIn])).toEqual([
    ["cid", "never"],
    ["bob", "ended"],
  ]);
  expect(review.facts.notes.join()).toContain("Seat holders whose sign-ins are unknown: 1 (eve).");
});

test("targeted and unfinished syncs are left out, and that is said", async () => {
  const members: SampleMember[] = [{ username: "ann" }, { username: "bob" }];
  const review = await reviewOf(
    { members },
    { members, type: "partial" },
    { members: [{ username: "ann" }], type: "resources_only" },
    { members: [{ username: "ann" }], type: "partial" },
    { members: [], unfinished: true },
  );
  expect(review.facts.counts).toMatchObject({ members: 1, changes: { left: 1, membersBefore: 2 } });
  expect(review.facts.notes).toEqual([
    "A later sync is unfinished; the review covers the last finished one.",
    "Later syncs of single resources are not part of the review.",
  ]);
});

test("a sync of another organization is not compared", async () => {
  const members = [{ username: "ann" }];
  const other = await reviewOf({ members, owner: "other" }, { members });
  expect(other.facts.counts.changes).toBeNull();
  expect(other.facts.notes.join()).toContain("of another organization, other, so it is not compared");
  const sameInOtherCase = await reviewOf({ members, owner: "ACME" }, { members });
  expect(sameInOtherCase.facts.counts.changes).toMatchObject({ changed: 0 });
});

test("without an earlier sync nobody has a state from before", async () => {
  const review = await reviewOf({ members: [{ username: "ann" }] });
  expect([...review.list("everybody")]).toMatchObject([{ hadSeat: null, wasAdmin: null, changes: [] }]);
  expect(idsOf(review, "changes")).toEqual([]);
  expect(review.facts.notes.join()).toContain("only one sync");
});

test.each<[string, SampleSync[], Code, string]>([
  ["no finished sync", [{ members: [], unfinished: true }], Code.NotFound, "contains no finished sync"],
  ["targeted syncs only", [{ members: [], type: "partial" }], Code.FailedPrecondition, "run a full sync"],
  ["no members", [{ members: [] }], Code.FailedPrecondition, "contains no members"],
])("a file with %s is refused in one sentence", async (_, syncs, code, sentence) => {
  const path = join(await makeTempDir(), "sync.c1z");
  await writeSample(path, syncs);
  const error = await catchError(() => openReview(path));
  expect(error.code).toBe(code);
  expect(error.message).toContain(sentence);
  expect(error.message).not.toContain("\n");
});

test.each<[string, string, Code, string]>([
  ["is missing", "missing.c1z", Code.NotFound, "run a sync first"],
  ["is of the v3 format", "codecov-pebble-v3.c1z", Code.FailedPrecondition, "v3 (Pebble)"],
  ["is a directory", ".", Code.FailedPrecondition, "name a file"],
])("a file that %s is refused", async (_, name, code, sentence) => {
  const error = await catchError(() => openReview(join(GO_FILES, name)));
  expect(error.code).toBe(code);
  expect(error.message).toContain(sentence);
});

test("members of another connector are refused rather than taken for people without a seat", async () => {
  const other = await makeTestFile();
  const file = await other.open();
  addSync(file, "ann");
  await file.save();
  const error = await catchError(() => openReview(other.path));
  expect(error.code).toBe(Code.FailedPrecondition);
  expect(error.message).toContain('"ann" does not say whether the user holds a seat');
});

test("files of the vendor's own connector can be reviewed, too, though they do not name the owner", async () => {
  await using review = await openReview(join(GO_FILES, "two-syncs.c1z"));
  expect(review.facts).toMatchObject({
    owner: null,
    counts: { members: 52, seats: 18, admins: 2, adminsWithoutSeat: 1, changes: { changed: 0 } },
  });
});

test("nothing stays behind, whether the review ends, fails or is given up", async () => {
  const directory = await makeTempDir();
  const tempDir = join(directory, "tmp");
  await mkdir(tempDir);
  const path = join(directory, "sync.c1z");
  await writeSample(path, [{ members: [{ username: "ann" }] }]);
  const review = await openReview(path, { tempDir });
  expect(await readdir(tempDir)).toHaveLength(1);
  await review[Symbol.asyncDispose]();

  await catchError(() => openReview(path, { tempDir, signal: AbortSignal.abort() }));
  const other = await makeTestFile();
  const file = await other.open();
  addSync(file, "ann");
  await file.save();
  await catchError(() => openReview(other.path, { tempDir }));
  await writeFile(path, "no file of ours");
  await catchError(() => openReview(path, { tempDir }));
  expect(await readdir(tempDir)).toEqual([]);
});
