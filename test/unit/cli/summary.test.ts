import { expect, test } from "vitest";
import { RowCounters } from "#cli/row-counters.ts";
import { formatDuration, formatSummary, type Summary, summaryFields } from "#cli/summary.ts";
import { Resource, ResourcesServiceListResourcesResponse } from "#gen/c1/connector/v2/resource.ts";
import { decodeResourcePage } from "#model/encoded-rows.ts";

const summary: Summary = {
  counts: { members: 1000, seats: 667 },
  requests: 2,
  durationMs: 812,
  file: "sync.c1z",
  fileBytes: 34_567,
};

test("people get one fact a line", () => {
  expect(formatSummary(summary)).toBe(
    [
      "  members   1,000",
      "  seats     667",
      "  requests  2",
      "  duration  0.8 s",
      "  file      sync.c1z (34.6 kB)",
      "",
    ].join("\n"),
  );
  expect(formatSummary({ ...summary, requests: undefined })).not.toContain("requests");
});

test("logs get the same facts as fields, durations in seconds", () => {
  expect(summaryFields(summary)).toEqual({
    members: 1000,
    seats: 667,
    requests: 2,
    duration: 0.812,
    file: "sync.c1z",
    file_bytes: 34_567,
  });
});

test.each([
  [59_940, "59.9 s"],
  [61_000, "01:01 min"],
  [3_723_000, "01:02:03 h"],
])("%i ms read %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("resources are counted by what the connector's summary asks for", () => {
  const tally = new RowCounters([
    { label: "members", resourceType: "user" },
    { label: "admins", resourceType: "user", profileFlag: "is_admin" },
  ]);
  const resources = [
    { id: { resourceType: "user" }, profile: { is_admin: true } },
    { id: { resourceType: "user" }, profile: { is_admin: "true" } },
    { id: { resourceType: "user" } },
    { id: { resourceType: "org" }, profile: { is_admin: true } },
  ].map((resource) => Resource.fromPartial(resource));
  for (const resource of resources) tally.add(resource);
  expect(tally.results()).toEqual({ members: 3, admins: 1 });
  const page = ResourcesServiceListResourcesResponse.fromPartial({ list: resources });
  const encoded = Buffer.from(ResourcesServiceListResourcesResponse.encode(page).finish());
  const list = tally.countEach(decodeResourcePage(encoded).list);
  expect([...list].map(({ id }) => id?.resourceType)).toEqual(["user", "user", "user", "org"]);
  expect(tally.results()).toEqual({ members: 6, admins: 2 });
  expect(tally.resources).toBe(8);
});
