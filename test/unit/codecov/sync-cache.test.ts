import { expect, it } from "vitest";
import { SyncCache } from "#codecov/resources/sync-cache.ts";

it("eight syncs are remembered; the ninth takes the place of the oldest", () => {
  const syncCache = new SyncCache();
  for (let sync = 1; sync <= 8; sync += 1) syncCache.noteSeats(`sync ${sync}`, sync);
  expect([1, 2, 8].map((sync) => syncCache.seats(`sync ${sync}`))).toEqual([1, 2, 8]);
  syncCache.noteSeats("sync 9", 9);
  expect([1, 2, 9].map((sync) => syncCache.seats(`sync ${sync}`))).toEqual([undefined, 2, 9]);
});

it("what is forgotten is as if it had never been noted, and nothing else", () => {
  const syncCache = new SyncCache();
  syncCache.noteSeats("a", 1);
  syncCache.noteSeats("b", 2);
  syncCache.forget("a");
  expect([syncCache.seats("a"), syncCache.seats("b")]).toEqual([undefined, 2]);
});

it("nothing is noted outside a sync", () => {
  const syncCache = new SyncCache();
  syncCache.noteListed("", "org");
  syncCache.noteOrgEntitlements("");
  syncCache.noteSeats("", 3);
  expect(syncCache.seats("")).toBeUndefined();
  expect(syncCache.orgBringsLicense("")).toBe(false);
});

it("the organization brings the license along unless this process saw how the sync came to it", () => {
  const syncCache = new SyncCache();
  syncCache.noteSeats("seats only", 1);
  syncCache.noteOrgEntitlements("entitlements");
  syncCache.noteListed("license only", "license");
  expect(
    ["unknown", "seats only", "entitlements", "license only"].map((id) => syncCache.orgBringsLicense(id)),
  ).toEqual([true, true, false, true]);
});
