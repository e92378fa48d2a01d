import { expect, it } from "vitest";
import { SyncNotes } from "#codecov/resources/sync-cache.ts";

it("eight syncs are remembered; the ninth takes the place of the oldest", () => {
  const notes = new SyncNotes();
  for (let sync = 1; sync <= 8; sync += 1) notes.noteSeats(`sync ${sync}`, sync);
  expect([1, 2, 8].map((sync) => notes.seats(`sync ${sync}`))).toEqual([1, 2, 8]);
  notes.noteSeats("sync 9", 9);
  expect([1, 2, 9].map((sync) => notes.seats(`sync ${sync}`))).toEqual([undefined, 2, 9]);
});

it("what is forgotten is as if it had never been noted, and nothing else", () => {
  const notes = new SyncNotes();
  notes.noteSeats("a", 1);
  notes.noteSeats("b", 2);
  notes.forget("a");
  expect([notes.seats("a"), notes.seats("b")]).toEqual([undefined, 2]);
});

it("nothing is noted outside a sync", () => {
  const notes = new SyncNotes();
  notes.noteListed("", "org");
  notes.noteOrgEntitlements("");
  notes.noteSeats("", 3);
  expect(notes.seats("")).toBeUndefined();
  expect(notes.orgBringsLicense("")).toBe(false);
});

it("the organization brings the license along unless this process saw how the sync came to it", () => {
  const notes = new SyncNotes();
  notes.noteSeats("seats only", 1);
  notes.noteOrgEntitlements("entitlements");
  notes.noteListed("license only", "license");
  expect(
    ["unknown", "seats only", "entitlements", "license only"].map((id) => notes.orgBringsLicense(id)),
  ).toEqual([true, true, false, true]);
});
