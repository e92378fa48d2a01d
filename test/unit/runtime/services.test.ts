import { afterEach, describe, expect, test } from "vitest";
import { ActionServiceService as Actions, BatonActionStatus } from "#gen/c1/connector/v2/action.ts";
import { AssetServiceService as Assets } from "#gen/c1/connector/v2/asset.ts";
import { Capability, ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { EntitlementsServiceService as Entitlements } from "#gen/c1/connector/v2/entitlement.ts";
import { EventServiceService as Events } from "#gen/c1/connector/v2/event_feed.ts";
import {
  GrantManagerServiceService as GrantManager,
  GrantsServiceService as Grants,
} from "#gen/c1/connector/v2/grant.ts";
import {
  AccountManagerServiceService as Accounts,
  CredentialManagerServiceService as Credentials,
  ResourceDeleterServiceService as Deleter,
  ResourceGetterServiceService as Getter,
  ResourceManagerServiceService as Manager,
  Resource,
  ResourcesServiceService as Resources,
  ResourceTypesServiceService as Types,
} from "#gen/c1/connector/v2/resource.ts";
import { TicketsServiceService as Tickets } from "#gen/c1/connector/v2/ticket.ts";
import {
  RateLimiterServiceService as Limiter,
  RateLimitDescription_Status,
} from "#gen/c1/ratelimit/v1/ratelimit.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Code } from "#kernel/errors.ts";
import { PROVISIONING_OFF } from "#kernel/provisioning-off.ts";
import { hasAnnotation, packAnnotation } from "#model/annotations.ts";
import { makeEntitlement } from "#model/entitlement.ts";
import { makeGrant } from "#model/grant.ts";
import { makePerson, ToyConnector } from "../../fakes/toy-connector.ts";
import { serveInProcess, type ToyService, type ToyServiceOptions } from "../../fakes/toy-service.ts";

const PAGE = { pageSize: 0, pageToken: "", annotations: [], activeSyncId: "" };
const NO_PARENT = { parentResourceId: undefined, trait: 0 } as const;

let service: ToyService | undefined;

afterEach(async () => {
  await service?.close();
  service = undefined;
});

async function start(options: ToyServiceOptions = {}) {
  const toy = new ToyConnector();
  service = await serveInProcess(toy, options);
  return { toy, client: service.client };
}

function id(resourceType: string, resource: string) {
  return { resourceType, resource, batonResource: false };
}

function team(name: string): Resource {
  return Resource.fromPartial({ id: id("team", name), annotations: [packAnnotation("GroupTrait")] });
}

const memberOfRed = makeEntitlement({
  resource: team("red"),
  slug: "member",
  purpose: 1,
  grantableTo: ["person"],
});
const grantOfRed = (person: string) =>
  makeGrant({ resource: team("red"), slug: "member", principal: id("person", person) });

describe("reading", () => {
  test("all resource types come in one page", async () => {
    const { client } = await start();
    const request = { ...PAGE, parent: undefined };
    const { list, nextPageToken } = await client.ask(Types.listResourceTypes, request);
    expect(list.map((type) => type.id)).toEqual(["person", "project", "role", "team"]);
    expect(nextPageToken).toBe("");
  });

  test("resources are paged with the connector's tokens", async () => {
    const { client } = await start();
    const names: string[] = [];
    let pageToken = "";
    let pages = 0;
    do {
      const request = { ...PAGE, ...NO_PARENT, resourceTypeId: "person", pageToken };
      const page = await client.ask(Resources.listResources, request);
      names.push(...page.list.map((resource) => resource.displayName));
      pageToken = page.nextPageToken;
      pages += 1;
    } while (pageToken !== "");
    expect(names).toEqual(["person-0", "person-1", "person-2", "person-3", "person-4"]);
    expect(pages).toBe(3);
  });

  test("children are listed below their parent and nowhere else", async () => {
    const { client } = await start();
    const request = { ...PAGE, ...NO_PARENT, resourceTypeId: "project" };
    expect((await client.ask(Resources.listResources, request)).list).toEqual([]);
    const below = { ...request, parentResourceId: id("team", "red") };
    const { list } = await client.ask(Resources.listResources, below);
    expect(list.map((resource) => resource.id?.resource)).toEqual(["red-project"]);
  });

  test("one resource can be read where the type allows it", async () => {
    const { client } = await start();
    const request = { annotations: [], activeSyncId: "", parentResourceId: undefined };
    const found = await client.ask(Getter.getResource, { ...request, resourceId: id("person", "person-3") });
    expect(found.resource?.displayName).toBe("person-3");
    const missing = await client.refused(Getter.getResource, {
      ...request,
      resourceId: id("person", "nobody"),
    });
    expect(missing).toMatchObject({ code: Code.NotFound, message: 'there is no person "nobody"' });
    const unable = await client.refused(Getter.getResource, { ...request, resourceId: id("team", "red") });
    expect(unable.code).toBe(Code.Unimplemented);
    const unknown = await client.refused(Getter.getResource, { ...request, resourceId: id("robot", "r2") });
    expect(unknown.code).toBe(Code.Unimplemented);
  });

  test("entitlements come from the type that has them, an empty list from one that has none", async () => {
    const { client } = await start();
    const of = (resource: Resource) => client.ask(Entitlements.listEntitlements, { ...PAGE, resource });
    const { list, nextPageToken } = await of(team("red"));
    expect(list.map((entitlement) => entitlement.id)).toEqual(["team:red:member", "team:red:owner"]);
    expect(nextPageToken).toBe("2");
    expect((await of(makePerson("person-1"))).list).toEqual([]);
    const fixed = (resourceTypeId: string) =>
      client.ask(Entitlements.listStaticEntitlements, { ...PAGE, resourceTypeId });
    expect((await fixed("team")).list.map((entitlement) => entitlement.slug)).toEqual(["member"]);
    expect((await fixed("person")).list).toEqual([]);
  });

  test("grants come per resource, and per type only where the type offers that", async () => {
    const { client } = await start();
    const { list } = await client.ask(Grants.listGrants, { ...PAGE, resource: team("red") });
    expect(list.map((grant) => grant.id)).toEqual([
      "team:red:member:person:person-0",
      "team:red:member:person:person-1",
    ]);
    const annotations = [packAnnotation("TypeScopedGrants")];
    const stub = (type: string) => Resource.fromPartial({ id: id(type, type) });
    const scoped = await client.ask(Grants.listGrants, { ...PAGE, annotations, resource: stub("role") });
    expect(scoped.list).toHaveLength(1);
    const refused = await client.refused(Grants.listGrants, { ...PAGE, annotations, resource: stub("team") });
    expect(refused.code).toBe(Code.InvalidArgument);
  });

  test("an unknown resource type is NotFound", async () => {
    const { client } = await start();
    const resource = Resource.fromPartial({ id: id("robot", "r2") });
    const request = { ...PAGE, resourceTypeId: "robot" };
    const refusals = [
      await client.refused(Resources.listResources, { ...request, ...NO_PARENT }),
      await client.refused(Entitlements.listStaticEntitlements, request),
      await client.refused(Entitlements.listEntitlements, { ...PAGE, resource }),
      await client.refused(Grants.listGrants, { ...PAGE, resource }),
    ];
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        code: Code.NotFound,
        message: 'this connector has no resource type "robot"',
      });
    }
  });

  test("a listing of a resource that the request leaves out is InvalidArgument", async () => {
    const { client } = await start();
    const request = { ...PAGE, resource: undefined };
    expect((await client.refused(Entitlements.listEntitlements, request)).code).toBe(Code.InvalidArgument);
    expect((await client.refused(Grants.listGrants, request)).code).toBe(Code.InvalidArgument);
  });

  test("a request that breaks a rule of the contract is refused before the handler runs", async () => {
    const { toy, client } = await start();
    const request = { ...PAGE, ...NO_PARENT, resourceTypeId: "person", pageSize: 251 };
    const refused = await client.refused(Resources.listResources, request);
    expect(refused.code).toBe(Code.InvalidArgument);
    expect(refused.message).toMatch(/^invalid ResourcesServiceListResourcesRequest\.PageSize: /);
    expect(toy.requests).toBe(0);
  });
});

describe("the connector as a whole", () => {
  test("metadata carries the capabilities that follow from what is implemented", async () => {
    const { client } = await start();
    const { metadata } = await client.ask(ConnectorService.getMetadata, {});
    expect(metadata).toMatchObject({ displayName: "Toy", helpUrl: "https://toys.example/help" });
    const capabilities = metadata?.capabilities;
    const perType = capabilities?.resourceTypeCapabilities.map((type) => [
      type.resourceType?.id,
      type.capabilities,
      type.permissions?.permissions.map(({ permission }) => permission),
      type.optInRequired,
    ]);
    const { CAPABILITY_SYNC: sync, CAPABILITY_TARGETED_SYNC: targeted } = Capability;
    const { CAPABILITY_RESOURCE_DELETE: remove, CAPABILITY_RESOURCE_CREATE: create } = Capability;
    expect(perType).toEqual([
      ["person", [sync, targeted, remove, create], ["read:people"], false],
      ["project", [sync], [], false],
      ["role", [sync], [], true],
      ["team", [sync, Capability.CAPABILITY_PROVISION], [], false],
    ]);
    expect(capabilities?.connectorCapabilities).toEqual([
      Capability.CAPABILITY_PROVISION,
      sync,
      create,
      remove,
      Capability.CAPABILITY_ACTIONS,
      targeted,
      Capability.CAPABILITY_EVENT_FEED_V2,
      Capability.CAPABILITY_SERVICE_MODE_TARGETED_SYNC,
    ]);
    expect(capabilities?.credentialDetails).toBeDefined();
  });

  test("Validate answers with the SDK release whose contract is kept", async () => {
    const { client } = await start();
    const answer = await client.ask(ConnectorService.validate, {});
    expect(answer.sdkVersion).toBe("v0.25.0");
    expect(hasAnnotation(answer.annotations, "RequestId")).toBe(true);
  });

  test("Cleanup reaches the connector with the sync's id", async () => {
    const { toy, client } = await start();
    await client.ask(ConnectorService.cleanup, { annotations: [], activeSyncId: "sync-1" });
    expect(toy.cleanedUp).toEqual(["sync-1"]);
  });

  test("each answer tells how many requests went upstream", async () => {
    const { toy, client } = await start();
    toy.requests = 41;
    const { trailers } = await client.call(ConnectorService.validate, {});
    expect(trailers.get("baton-upstream-requests")).toEqual(["42"]);
  });

  test("an asset is an empty stream", async () => {
    const { client } = await start();
    expect(await client.stream(Assets.getAsset, { asset: { id: "logo" } })).toEqual([]);
    await expect(client.stream(Assets.getAsset, { asset: undefined })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });

  test("the rate limiter has no limit, echoes the token and accepts reports", async () => {
    const { client } = await start();
    const descriptors = { entries: [{ key: "connector_method", value: "/a/b" }] };
    const answer = await client.ask(Limiter.do, { requestToken: "tok", service: "connector", descriptors });
    expect(answer.requestToken).toBe("tok");
    expect(answer.description?.status).toBe(RateLimitDescription_Status.STATUS_EMPTY);
    const report = { requestToken: "tok", service: "connector", descriptors, description: undefined };
    await client.ask(Limiter.report, report);
  });

  test("a method that does not exist is Unimplemented", async () => {
    const { client } = await start();
    const unknown = { ...ConnectorService.validate, path: "/c1.connector.v2.ConnectorService/Explode" };
    expect((await client.refused(unknown, {})).code).toBe(Code.Unimplemented);
  });
});

describe("events", () => {
  test("feeds are listed and read with a cursor", async () => {
    const { client } = await start();
    const { list } = await client.ask(Events.listEventFeeds, { annotations: [] });
    expect(list.map((feed) => feed.id)).toEqual(["joins"]);
    const request = { pageSize: 100, annotations: [], eventFeedId: "joins" };
    const startAt = { seconds: 1_700_000_000n, nanos: 5_000_000 };
    const first = await client.ask(Events.listEvents, { ...request, cursor: "0", startAt });
    expect(first).toMatchObject({ cursor: "1", hasMore: true });
    expect(first.events[0]).toMatchObject({ id: "join-0", occurredAt: startAt });
    const second = await client.ask(Events.listEvents, { ...request, cursor: "1", startAt: undefined });
    expect(second).toMatchObject({ cursor: "2", hasMore: false });
  });

  test("an unknown feed is NotFound, and no feed id means the default one", async () => {
    const { client } = await start();
    const request = { cursor: "", startAt: undefined, pageSize: 0, annotations: [] };
    const unknown = await client.refused(Events.listEvents, { ...request, eventFeedId: "leaves" });
    expect(unknown).toMatchObject({
      code: Code.NotFound,
      message: 'this connector has no event feed "leaves"',
    });
    const unnamed = await client.refused(Events.listEvents, { ...request, eventFeedId: "" });
    expect(unnamed).toMatchObject({
      code: Code.NotFound,
      message: 'this connector has no event feed "baton_feed_event"',
    });
  });
});

describe("with provisioning", () => {
  const on = { provisioning: true };

  test("a grant is given once and then reported as existing", async () => {
    const { toy, client } = await start(on);
    const request = { entitlement: memberOfRed, principal: makePerson("person-2"), annotations: [] };
    const given = await client.ask(GrantManager.grant, request);
    expect(given.grants.map((grant) => grant.id)).toEqual(["team:red:member:person:person-2"]);
    expect(toy.members).toContain("red/person-2");
    const again = await client.ask(GrantManager.grant, request);
    expect(hasAnnotation(again.annotations, "GrantAlreadyExists")).toBe(true);
  });

  test("a refused grant carries the reason as a detail", async () => {
    const { client } = await start(on);
    const request = { entitlement: memberOfRed, principal: makePerson("person-4"), annotations: [] };
    const refused = await client.refused(GrantManager.grant, request);
    expect(refused).toMatchObject({
      code: Code.FailedPrecondition,
      message: "grant failed: the company said no",
      status: { code: Code.FailedPrecondition, message: "grant failed: the company said no" },
    });
    const [detail] = refused.status?.details ?? [];
    expect(detail?.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
    expect(ErrorInfo.decode(detail?.value ?? Buffer.of())).toMatchObject({
      reason: "grant_cancelled",
      domain: "github.com/conductorone/baton-sdk",
      metadata: new Map([["reason", "no seats left"]]),
    });
  });

  test("a grant is revoked once and then reported as revoked", async () => {
    const { toy, client } = await start(on);
    const request = { grant: grantOfRed("person-0"), annotations: [] };
    await client.ask(GrantManager.revoke, request);
    expect(toy.members).not.toContain("red/person-0");
    const again = await client.ask(GrantManager.revoke, request);
    expect(hasAnnotation(again.annotations, "GrantAlreadyRevoked")).toBe(true);
  });

  test("resources are created and deleted", async () => {
    const { toy, client } = await start(on);
    const created = await client.ask(Manager.createResource, { resource: makePerson("newcomer") });
    expect(created.created?.id?.resource).toBe("newcomer");
    const request = { resourceId: id("person", "newcomer"), parentResourceId: undefined };
    await client.ask(Manager.deleteResource, request);
    expect(toy.people.has("newcomer")).toBe(false);
    const again = await client.ask(Deleter.deleteResourceV2, request);
    expect(hasAnnotation(again.annotations, "ResourceDoesNotExist")).toBe(true);
  });

  test("what the connector does not implement is Unimplemented", async () => {
    const { client } = await start(on);
    const projectEntitlement = { ...memberOfRed, resource: Resource.fromPartial({ id: id("project", "p") }) };
    const refusals = [
      await client.refused(GrantManager.grant, {
        entitlement: projectEntitlement,
        principal: makePerson("person-1"),
        annotations: [],
      }),
      await client.refused(Manager.deleteResource, {
        resourceId: id("team", "red"),
        parentResourceId: undefined,
      }),
      await client.refused(Manager.createResource, { resource: team("green") }),
      await client.refused(Manager.deleteResource, {
        resourceId: id("robot", "r2"),
        parentResourceId: undefined,
      }),
      await client.refused(Accounts.createAccount, {
        accountInfo: undefined,
        credentialOptions: undefined,
        encryptionConfigs: [],
        resourceTypeId: "",
      }),
      await client.refused(Credentials.rotateCredential, {
        resourceId: id("person", "person-1"),
        credentialOptions: undefined,
        encryptionConfigs: [],
      }),
    ];
    expect(refusals.map((refusal) => refusal.code)).toEqual(refusals.map(() => Code.Unimplemented));
  });

  test("issuing a credential to nobody is InvalidArgument", async () => {
    const { client } = await start(on);
    const refused = await client.refused(Credentials.issueCredential, {
      identityId: undefined,
      credentialOptions: undefined,
      encryptionConfigs: [],
      requestId: "request-1",
      expiresAt: undefined,
    });
    expect(refused).toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("without provisioning", () => {
  test("every method that changes something is FailedPrecondition", async () => {
    const { toy, client } = await start();
    const person = id("person", "person-0");
    const refusals = [
      await client.refused(GrantManager.grant, {
        entitlement: memberOfRed,
        principal: makePerson("person-2"),
        annotations: [],
      }),
      await client.refused(GrantManager.revoke, { grant: grantOfRed("person-0"), annotations: [] }),
      await client.refused(Manager.createResource, { resource: makePerson("newcomer") }),
      await client.refused(Manager.deleteResource, { resourceId: person, parentResourceId: undefined }),
      await client.refused(Deleter.deleteResourceV2, { resourceId: person, parentResourceId: undefined }),
      await client.refused(Accounts.createAccount, {
        accountInfo: undefined,
        credentialOptions: undefined,
        encryptionConfigs: [],
        resourceTypeId: "",
      }),
      await client.refused(Credentials.rotateCredential, {
        resourceId: person,
        credentialOptions: undefined,
        encryptionConfigs: [],
      }),
      await client.refused(Credentials.issueCredential, {
        identityId: person,
        credentialOptions: undefined,
        encryptionConfigs: [],
        requestId: "request-1",
        expiresAt: undefined,
      }),
    ];
    for (const refusal of refusals) {
      expect(refusal).toEqual({
        code: Code.FailedPrecondition,
        message: PROVISIONING_OFF,
        status: undefined,
      });
    }
    expect(toy.members.size).toBe(2);
    expect(toy.people.size).toBe(5);
  });

  test("an invalid request is InvalidArgument all the same", async () => {
    const { client } = await start();
    const request = { entitlement: undefined, principal: makePerson("person-2"), annotations: [] };
    expect((await client.refused(GrantManager.grant, request)).code).toBe(Code.InvalidArgument);
  });

  test("actions are listed, and invoking one is refused and runs nothing", async () => {
    const { client } = await start();
    const { schemas } = await client.ask(Actions.listActionSchemas, { annotations: [], resourceTypeId: "" });
    expect(schemas.map((schema) => schema.name)).toEqual(["greet", "wait_for_cancel"]);
    const refusal = await client.refused(Actions.invokeAction, {
      name: "greet",
      args: { whom: "you" },
      annotations: [],
      resourceTypeId: "",
      inlineWait: undefined,
    });
    expect(refusal).toMatchObject({
      code: Code.FailedPrecondition,
      message: `error: invoking action failed: ${PROVISIONING_OFF}`,
    });
  });
});

describe("actions", () => {
  const on = { provisioning: true };
  const invocation = { annotations: [], resourceTypeId: "", inlineWait: undefined };

  test("an action that ends in time answers at once", async () => {
    const { client } = await start(on);
    const answer = await client.ask(Actions.invokeAction, {
      ...invocation,
      name: "greet",
      args: { whom: "you" },
    });
    expect(answer).toMatchObject({
      name: "greet",
      status: BatonActionStatus.BATON_ACTION_STATUS_COMPLETE,
      response: { greeting: "hello you" },
    });
    expect(answer.id).toMatch(/^[0-9A-Za-z]{27}$/);
  });

  test("an action that fails is FAILED with its error, and no error of the call", async () => {
    const { client } = await start(on);
    const answer = await client.ask(Actions.invokeAction, { ...invocation, name: "greet", args: undefined });
    expect(answer).toMatchObject({
      status: BatonActionStatus.BATON_ACTION_STATUS_FAILED,
      response: { error: "whom to greet?" },
    });
  });

  test("an action that takes longer is RUNNING and can be polled", async () => {
    const { client } = await start(on);
    const inlineWait = { seconds: 0n, nanos: 1_000_000 };
    const request = { ...invocation, name: "wait_for_cancel", args: {}, inlineWait };
    const answer = await client.ask(Actions.invokeAction, request);
    expect(answer.status).toBe(BatonActionStatus.BATON_ACTION_STATUS_RUNNING);
    const status = { name: "wait_for_cancel", id: answer.id, annotations: [] };
    const polled = await client.ask(Actions.getActionStatus, status);
    expect(polled.status).toBe(BatonActionStatus.BATON_ACTION_STATUS_RUNNING);
  });

  test("schemas can be asked for by name and by resource type", async () => {
    const { client } = await start(on);
    const one = await client.ask(Actions.getActionSchema, { name: "greet", annotations: [] });
    expect(one.schema?.name).toBe("greet");
    const ofPerson = await client.ask(Actions.listActionSchemas, {
      annotations: [],
      resourceTypeId: "person",
    });
    expect(ofPerson.schemas.map((schema) => schema.name)).toEqual(["greet"]);
  });

  test("unknown names, types and invocations are NotFound", async () => {
    const { client } = await start(on);
    const refusals = [
      await client.refused(Actions.getActionSchema, { name: "sing", annotations: [] }),
      await client.refused(Actions.invokeAction, { ...invocation, name: "sing", args: {} }),
      await client.refused(Actions.invokeAction, {
        ...invocation,
        name: "greet",
        args: {},
        resourceTypeId: "team",
      }),
      await client.refused(Actions.getActionStatus, { name: "greet", id: "unknown", annotations: [] }),
    ];
    expect(refusals.map((refusal) => refusal.code)).toEqual(refusals.map(() => Code.NotFound));
  });
});

describe("tickets", () => {
  const ask = (client: ToyService["client"]) => [
    client.refused(Tickets.createTicket, { request: undefined, schema: undefined, annotations: [] }),
    client.refused(Tickets.getTicket, { id: "1", annotations: [] }),
    client.refused(Tickets.listTicketSchemas, { pageSize: 0, pageToken: "", annotations: [] }),
    client.refused(Tickets.getTicketSchema, { id: "1", annotations: [] }),
  ];
  const bulk = (client: ToyService["client"]) => [
    client.refused(Tickets.bulkCreateTickets, { ticketRequests: [] }),
    client.refused(Tickets.bulkGetTickets, { ticketRequests: [] }),
  ];

  test("without ticketing every method is Unknown", async () => {
    const { client } = await start();
    for (const refusal of await Promise.all([...ask(client), ...bulk(client)])) {
      expect(refusal).toMatchObject({ code: Code.Unknown, message: "ticketing is not enabled" });
    }
  });

  test("with ticketing they are Unimplemented, and empty bulk requests are InvalidArgument", async () => {
    const { client } = await start({ ticketing: true });
    for (const refusal of await Promise.all(ask(client))) expect(refusal.code).toBe(Code.Unimplemented);
    for (const refusal of await Promise.all(bulk(client))) expect(refusal.code).toBe(Code.InvalidArgument);
  });
});
