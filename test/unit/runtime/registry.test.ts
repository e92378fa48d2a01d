import { expect, test } from "vitest";
import { BatonActionSchema } from "#gen/c1/connector/v2/action.ts";
import { ResourceType, ResourceType_Trait } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import type { Connector, ResourceSyncer } from "#runtime/connector.ts";
import { Registry } from "#runtime/registry.ts";
import { ToyConnector } from "../../fakes/toy-connector.ts";

const EMPTY = async () => ({ items: [], nextPageToken: "" });

function syncer(type: Parameters<typeof ResourceType.fromPartial>[0], extra: Partial<ResourceSyncer> = {}) {
  return { resourceType: ResourceType.fromPartial({ id: "thing", ...type }), list: EMPTY, ...extra };
}

function connector(parts: Partial<Connector>): Connector {
  return {
    metadata: { displayName: "T", description: "" },
    syncers: [],
    validate: async () => ({}),
    ...parts,
  };
}

test("a whole connector registers, types sorted by id", () => {
  const registry = new Registry(new ToyConnector());
  expect(registry.resourceTypes.map((type) => type.id)).toEqual(["person", "project", "role", "team"]);
});

const annotated = (name: "SkipEntitlementsAndGrants" | "SkipEntitlements" | "TypeScopedGrants") => ({
  annotations: [packAnnotation(name)],
});
const action = {
  schema: BatonActionSchema.fromPartial({ name: "a" }),
  invoke: async () => ({ response: {} }),
};
const feed = (types: readonly (0 | 1)[]) => ({
  metadata: { id: "f", supportedEventTypes: [...types] },
  list: async () => ({ events: [], cursor: "", hasMore: false }),
});

test.each<[string, Partial<Connector>]>([
  ["registered twice", { syncers: [syncer({}), syncer({})] }],
  ["1 to 1024 bytes", { syncers: [syncer({ id: "" })] }],
  ["1 to 1024 bytes", { syncers: [syncer({ id: "x".repeat(1025) })] }],
  [
    "a trait twice",
    { syncers: [syncer({ traits: [ResourceType_Trait.TRAIT_APP, ResourceType_Trait.TRAIT_APP] })] },
  ],
  ["does not exist", { syncers: [syncer({ traits: [ResourceType_Trait.TRAIT_UNSPECIFIED] })] }],
  ["entitlements", { syncers: [syncer(annotated("SkipEntitlements"), { entitlements: EMPTY })] }],
  ["grants", { syncers: [syncer(annotated("SkipEntitlementsAndGrants"), { grants: EMPTY })] }],
  ["type-scoped grants", { syncers: [syncer(annotated("TypeScopedGrants"))] }],
  ["grant and revoke", { syncers: [syncer({}, { revoke: async () => ({}) })] }],
  ["not delete", { syncers: [syncer({}, { create: async (resource) => ({ resource }) })] }],
  ['action "a" is registered twice', { actions: [action, action] }],
  ['event feed "f" is registered twice', { eventFeeds: [feed([1]), feed([1])] }],
  ["event type twice", { eventFeeds: [feed([1, 1])] }],
  ["does not exist", { eventFeeds: [feed([0])] }],
])("a connector with a contradiction does not start: %s", (problem, parts) => {
  const make = () => new Registry(connector(parts));
  expect(make).toThrow(problem);
  expect(make).toThrow(expect.objectContaining({ code: Code.Unknown }));
});
