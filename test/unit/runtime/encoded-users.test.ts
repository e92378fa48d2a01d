import { afterEach, describe, expect, test } from "vitest";
import { StreamResourcesResponse } from "#gen/baton/stream/v1/stream.ts";
import {
  ResourcesServiceService as Resources,
  type ResourcesServiceListResourcesRequest,
} from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { ResourceStatus } from "#model/resource.ts";
import { EncodedUser, makeUser, type UserOptions } from "#model/user.ts";
import type { ListedResource, Page } from "#runtime/connector.ts";
import { encodeStreamedRow } from "#runtime/resource-page.ts";
import { makePerson, ToyConnector } from "../../fakes/toy-connector.ts";
import { serveInProcess, type ToyService } from "../../fakes/toy-service.ts";

const LIST_PEOPLE: ResourcesServiceListResourcesRequest = {
  resourceTypeId: "person",
  parentResourceId: undefined,
  pageSize: 0,
  pageToken: "",
  annotations: [],
  activeSyncId: "",
  trait: 0,
};

let service: ToyService | undefined;
afterEach(async () => service?.close());

/** A connector whose people are these. */
async function startWith(page: Page<ListedResource>) {
  const toy = new ToyConnector();
  toy.syncers = toy.syncers.map((syncer) =>
    syncer.resourceType.id === "person"
      ? { resourceType: syncer.resourceType, list: async () => page }
      : syncer,
  );
  service = await serveInProcess(toy);
  return service.client;
}

function describePerson(id: string, more: Partial<UserOptions> = {}): UserOptions {
  return {
    resourceType: "person",
    id,
    displayName: id,
    status: { status: ResourceStatus.RESOURCE_STATUS_ENABLED },
    profile: { login: id },
    ...more,
  };
}

describe("a page", () => {
  test("of encoded users and messages is what it would be of messages alone", async () => {
    const annotations = [
      packAnnotation("RequestId", { requestId: "r" }),
      packAnnotation("RawId", { id: "7" }),
    ];
    const [ann, bob] = [describePerson("ann"), describePerson("bob")];
    const items = [new EncodedUser(ann), makePerson("message"), new EncodedUser(bob)];
    const client = await startWith({ items, nextPageToken: "next", annotations });
    const answer = await client.ask(Resources.listResources, LIST_PEOPLE);
    expect(answer).toMatchObject({
      list: [makeUser(ann), makePerson("message"), makeUser(bob)],
      nextPageToken: "next",
      annotations,
    });
  });

  test.each([
    ["an undeclared type", describePerson("x", { resourceType: "robot" }), "does not have"],
    ["a type with another trait", describePerson("x", { resourceType: "team" }), "has no GroupTrait"],
    ["a BatonID", describePerson("x", { annotations: [packAnnotation("BatonID")] }), "BatonID"],
  ])("with an encoded user of %s is an error and no silent gap", async (_name, options, text) => {
    const client = await startWith({ items: [new EncodedUser(options)], nextPageToken: "" });
    const refused = await client.refused(Resources.listResources, LIST_PEOPLE);
    expect(refused.code).toBe(Code.Internal);
    expect(refused.message).toContain(text);
  });

  test("of more than can be received is refused", async () => {
    const large = describePerson("large", { profile: { text: "x".repeat(2_100_000) } });
    const client = await startWith({ items: [new EncodedUser(large)], nextPageToken: "" });
    expect((await client.refused(Resources.listResources, LIST_PEOPLE)).code).toBe(Code.ResourceExhausted);
  });
});

test("a streamed row is the same, encoded before or not", () => {
  const ann = describePerson("ann");
  for (const row of [new EncodedUser(ann), makeUser(ann)]) {
    expect(StreamResourcesResponse.decode(encodeStreamedRow(row)).resource).toMatchObject(makeUser(ann));
  }
});
