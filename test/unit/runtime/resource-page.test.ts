import { expect, test } from "vitest";
import { StreamResourcesResponse } from "#gen/baton/stream/v1/stream.ts";
import { Resource, ResourcesServiceListResourcesResponse } from "#gen/c1/connector/v2/resource.ts";
import { packAnnotation } from "#model/annotations.ts";
import { canonicalBytes } from "#model/canonical.ts";
import { decodeResourcePage } from "#model/encoded-rows.ts";
import { ResourceStatus } from "#model/resource.ts";
import { EncodedUser } from "#model/user.ts";
import { encodeResourcePage, encodeStreamedRow } from "#runtime/resource-page.ts";

/** A person with the same facts in the order of these keys, in the profile and in an annotation. */
function describePerson(keys: readonly string[]): Resource {
  const profile = Object.fromEntries(keys.map((key) => [key, `the ${key}`]));
  return Resource.fromPartial({
    id: { resourceType: "person", resource: "ann" },
    displayName: "Ann",
    profile,
    annotations: [packAnnotation("RawId", { id: "7" }), packAnnotation("UserTrait", { profile })],
  });
}

const SORTED = describePerson(["Z", "a", "b", "ü"]);
const SHUFFLED = describePerson(["ü", "b", "Z", "a"]);
const CANONICAL = Buffer.from(Resource.encode(SORTED).finish());

test("the two people of these tests differ in their bytes, and one of them is in canonical form", () => {
  expect(CANONICAL.equals(Resource.encode(SHUFFLED).finish())).toBe(false);
  expect(CANONICAL.equals(canonicalBytes("c1.connector.v2.Resource", CANONICAL))).toBe(true);
});

test.each([
  ["sorted", SORTED],
  ["shuffled", SHUFFLED],
])("a listed row with %s keys is sent in canonical form", (_name, person) => {
  const page = encodeResourcePage({ items: [person, person], nextPageToken: "" });
  const rows = [...decodeResourcePage(page).list].map(({ encoded }) => encoded);
  expect(rows).toEqual([CANONICAL, CANONICAL]);
});

test("a streamed row with shuffled keys is sent in canonical form", () => {
  const bytes = encodeStreamedRow(SHUFFLED);
  expect(bytes).toEqual(encodeStreamedRow(SORTED));
  expect(StreamResourcesResponse.decode(bytes).resource).toEqual(SORTED);
});

test("a page has its rows, its token and its annotations in the order given", () => {
  const annotations = [packAnnotation("RequestId", { requestId: "r" }), packAnnotation("RawId", { id: "7" })];
  const status = { status: ResourceStatus.RESOURCE_STATUS_ENABLED };
  const ann = new EncodedUser({ resourceType: "person", id: "ann", displayName: "Ann", status });
  const page = encodeResourcePage({ items: [SHUFFLED, ann], nextPageToken: "next", annotations });
  const decoded = ResourcesServiceListResourcesResponse.decode(page);
  expect(decoded.list).toEqual([SORTED, Resource.decode(ann.encoded)]);
  expect(decoded).toMatchObject({ nextPageToken: "next", annotations });
});
