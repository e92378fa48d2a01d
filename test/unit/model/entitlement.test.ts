import { expect, test } from "vitest";
import { slugOf } from "#model/entitlement.ts";

const team = { resourceType: "team", resource: "a:b" };

test.each([
  ["is what its id ends with", { id: "team:a:b:admin", slug: "" }, "admin"],
  ["may hold the mark between the parts of an id", { id: "team:a:b:repo:write", slug: "" }, "repo:write"],
  ["is taken from the id where the two differ", { id: "team:a:b:admin", slug: "other" }, "admin"],
  ["is as given if the id is made in another way", { id: "e-17", slug: "member" }, "member"],
  ["is as given if the id is that of another resource", { id: "team:a:admin", slug: "member" }, "member"],
])("the slug of an entitlement %s", (_, entitlement, slug) => {
  expect(slugOf(entitlement, team)).toBe(slug);
});
