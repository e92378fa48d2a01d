import { afterEach, describe, expect, test } from "vitest";
import { RateLimitDescription_Status } from "#gen/c1/connector/v2/annotations.ts";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { Grant, GrantsServiceService as Grants } from "#gen/c1/connector/v2/grant.ts";
import {
  Resource,
  ResourcesServiceService as Resources,
  type ResourcesServiceListResourcesRequest,
} from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { findAnnotation, packAnnotation } from "#model/annotations.ts";
import type { Connector, Page, PageRequest } from "#runtime/connector.ts";
import { MAX_RESPONSE_BYTES } from "#runtime/unary.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { makePerson, ToyConnector } from "../../fakes/toy-connector.ts";
import { serveInProcess, type ToyService, type ToyServiceOptions } from "../../fakes/toy-service.ts";

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

afterEach(async () => {
  await service?.close();
  service = undefined;
});

type List = (page: PageRequest, ctx: CallContext) => Promise<Page<Resource>>;

/** A toy company whose people are listed by `list`. */
async function startWith(list: List, options: ToyServiceOptions = {}): Promise<ToyService> {
  const toy = new ToyConnector();
  toy.syncers = toy.syncers.map((syncer) => {
    const { resourceType } = syncer;
    return resourceType.id === "person"
      ? { resourceType, list: (_parent, page, ctx) => list(page, ctx) }
      : syncer;
  });
  service = await serveInProcess(toy, options);
  return service;
}

function accessLine({ log }: ToyService) {
  return log().findLast((line) => String(line["msg"]).startsWith("finished "));
}

describe("what a handler throws", () => {
  test("an error of ours keeps its code and says first what failed", async () => {
    const { client } = await startWith(async () => {
      throw new BatonError(Code.Unauthenticated, "401 Unauthorized");
    });
    expect(await client.refused(Resources.listResources, LIST_PEOPLE)).toEqual({
      code: Code.Unauthenticated,
      message: "error: listing resources failed: 401 Unauthorized",
      status: undefined,
    });
  });

  test.each([
    ["an Error", new TypeError("x is not a function")],
    ["a string", "oops"],
    ["undefined", undefined],
    ["null", null],
    ["an object like a gRPC status", { code: 0, details: "fine" }],
  ])("%s is a defect: Internal to the caller, and its text only in the log", async (_name, thrown) => {
    const running = await startWith(async () => {
      // oxlint-disable-next-line typescript/only-throw-error -- a library may throw anything
      throw thrown;
    });
    const refused = await running.client.refused(Resources.listResources, LIST_PEOPLE);
    expect(refused).toMatchObject({ code: Code.Internal, message: "Internal Server Error" });
    const line = running.log().find(({ msg }) => msg === "a handler failed unexpectedly");
    expect(line).toMatchObject({ level: "error", "grpc.method": "ListResources" });
    if (thrown instanceof Error) expect(line?.["stack"]).toContain("calls.test.ts");
  });

  test("a throw before the first await is no different", async () => {
    const { client } = await startWith(() => {
      throw new Error("at once");
    });
    expect((await client.refused(Resources.listResources, LIST_PEOPLE)).code).toBe(Code.Internal);
  });

  test("the code OK can not be thrown", async () => {
    const { client } = await startWith(async () => {
      throw new BatonError(Code.Ok, "all is well");
    });
    expect((await client.refused(Resources.listResources, LIST_PEOPLE)).code).toBe(Code.Unknown);
  });

  test("rate-limit facts become a detail, under the code of the answer", async () => {
    const resetAt = 1_700_000_123_000;
    const { client } = await startWith(async () => {
      throw new BatonError(Code.Unavailable, "slow down", {
        rateLimit: { limit: 60, remaining: 0, resetAt },
      });
    });
    const { status } = await client.refused(Resources.listResources, LIST_PEOPLE);
    expect(status?.code).toBe(Code.Unavailable);
    expect(findAnnotation(status?.details ?? [], "RateLimitDescription")).toMatchObject({
      status: RateLimitDescription_Status.STATUS_OVERLIMIT,
      limit: 60n,
      remaining: 0n,
      resetAt: { seconds: 1_700_000_123n, nanos: 0 },
    });
  });

  test("texts arrive with what cannot be seen spelled out, bounded and without secrets", async () => {
    const redactor = new Redactor();
    redactor.register(new Secret("s3cr3t-token"));
    const text = `50% of "naïve" 🧸\n\ud800 s3cr3t-token ${"x".repeat(100_000)}`;
    const running = await startWith(
      async () => {
        throw new BatonError(Code.Unavailable, text, { rateLimit: {} });
      },
      { redactor },
    );
    const { message, status } = await running.client.refused(Resources.listResources, LIST_PEOPLE);
    expect(message).toContain('50% of "naïve" 🧸<U+000A><U+D800> [redacted] xxx');
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(8192);
    expect(status?.message).toBe(message);
    expect(JSON.stringify(running.log())).not.toContain("s3cr3t");
  });

  test("NotFound for a whole listing becomes an error that ends a sync", async () => {
    const { client } = await startWith(async () => {
      throw new BatonError(Code.NotFound, "no such page");
    });
    const refused = await client.refused(Resources.listResources, LIST_PEOPLE);
    expect(refused.code).toBe(Code.FailedPrecondition);
  });
});

describe("what a handler returns", () => {
  test("an unchanged page token is refused with the name of the type", async () => {
    const { client } = await startWith(async () => ({ items: [], nextPageToken: "same" }));
    const refused = await client.refused(Resources.listResources, { ...LIST_PEOPLE, pageToken: "same" });
    expect(refused.code).toBe(Code.Internal);
    expect(refused.message).toContain('resources of type "person"');
    expect(refused.message).toContain("page token");
    const fresh = await client.ask(Resources.listResources, LIST_PEOPLE);
    expect(fresh.nextPageToken).toBe("same");
  });

  test("a page up to the limit passes and one above it is an error of its own", async () => {
    const filler = (bytes: number) => {
      const rows = [makePerson("big")];
      return { items: rows.map((row) => ({ ...row, description: "x".repeat(bytes) })), nextPageToken: "" };
    };
    const { client } = await startWith(async ({ pageToken }) => filler(Number(pageToken)));
    const overhead = 200;
    const small = { ...LIST_PEOPLE, pageToken: String(MAX_RESPONSE_BYTES - overhead) };
    expect((await client.ask(Resources.listResources, small)).list).toHaveLength(1);
    const large = { ...LIST_PEOPLE, pageToken: String(MAX_RESPONSE_BYTES) };
    const refused = await client.refused(Resources.listResources, large);
    expect(refused.code).toBe(Code.ResourceExhausted);
    expect(refused.message).toContain("smaller pages");
  });

  test("unpaired surrogates leave the process as replacement characters", async () => {
    const odd = { ...makePerson("odd"), displayName: "a\ud800b", description: "\udfff" };
    const { client } = await startWith(async () => ({ items: [odd], nextPageToken: "" }));
    const { list } = await client.ask(Resources.listResources, LIST_PEOPLE);
    expect(list[0]).toMatchObject({ displayName: "a\ufffdb", description: "\ufffd" });
  });

  test("a row that cannot be encoded is Internal and not a broken connection", async () => {
    const broken = { ...makePerson("broken") };
    Reflect.set(broken, "displayName", 7);
    Reflect.set(broken, "annotations", null);
    const { client } = await startWith(async () => ({ items: [broken], nextPageToken: "" }));
    expect((await client.refused(Resources.listResources, LIST_PEOPLE)).code).toBe(Code.Internal);
    expect((await client.ask(ConnectorService.validate, {})).sdkVersion).toBe("v0.25.0");
  });

  test.each([
    ["no id", { ...makePerson("x"), id: undefined }],
    ["an empty id", makePerson("")],
    ["an id that is too long", makePerson("x".repeat(1025))],
    ["an undeclared type", Resource.fromPartial({ id: { resourceType: "robot", resource: "r2" } })],
    ["a missing trait", { ...makePerson("x"), annotations: [] }],
    [
      "a BatonID",
      { ...makePerson("x"), annotations: [packAnnotation("UserTrait"), packAnnotation("BatonID")] },
    ],
  ])("a resource with %s is an error and no silent gap", async (_name, resource) => {
    const items = [makePerson("good"), resource];
    const { client } = await startWith(async () => ({ items, nextPageToken: "" }));
    const refused = await client.refused(Resources.listResources, LIST_PEOPLE);
    expect(refused.code).toBe(Code.Internal);
    expect(refused.message).toContain("invalid data");
  });

  test("a grant without a holder is an error", async () => {
    const entitlement = {
      id: "team:red:member",
      resource: { id: { resourceType: "team", resource: "red" } },
    };
    const items = [Grant.fromPartial({ entitlement, id: "team:red:member:person:?" })];
    const toy = new ToyConnector();
    toy.syncers = toy.syncers.map((syncer) => {
      if (syncer.resourceType.id !== "team") return syncer;
      const grants = async () => ({ items, nextPageToken: "" });
      return { resourceType: syncer.resourceType, list: syncer.list.bind(syncer), grants };
    });
    service = await serveInProcess(toy);
    const resource = Resource.fromPartial({ id: { resourceType: "team", resource: "red" } });
    const request = { resource, pageSize: 0, pageToken: "", annotations: [], activeSyncId: "" };
    const refused = await service.client.refused(Grants.listGrants, request);
    expect(refused.code).toBe(Code.Internal);
    expect(refused.message).toContain("names no principal");
  });
});

describe("the call's signal", () => {
  /** A listing that waits for its signal and tells what it saw. */
  function waiting() {
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const list: List = async (_page, { signal }) => {
      started.resolve();
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.resolve(signal.reason);
          reject(new DOMException("aborted", "AbortError"));
        });
      });
      return { items: [], nextPageToken: "" };
    };
    return { list, started: started.promise, aborted: aborted.promise };
  }

  test("fires when the caller cancels", async () => {
    const { list, started, aborted } = waiting();
    const running = await startWith(list);
    const controller = new AbortController();
    const call = running.client.refused(Resources.listResources, LIST_PEOPLE, { signal: controller.signal });
    await started;
    controller.abort();
    expect(await aborted).toMatchObject({ code: Code.Canceled });
    expect((await call).code).toBe(Code.Canceled);
    await running.tracker.whenIdle();
    expect(accessLine(running)).toMatchObject({ level: "info", "grpc.code": "Canceled" });
  });

  test("fires when the caller's deadline passes", async () => {
    const { list, aborted } = waiting();
    const running = await startWith(list);
    const deadline = new Date(Date.now() + 1_000);
    const call = running.client.refused(Resources.listResources, LIST_PEOPLE, { deadline });
    // The caller gives up at the same moment; whichever of the two news is first names the reason.
    expect(await aborted).toMatchObject({
      message: expect.stringMatching(/deadline passed|canceled the call/),
    });
    expect((await call).code).toBe(Code.DeadlineExceeded);
    await running.tracker.whenIdle();
    expect(accessLine(running)).toHaveProperty(["grpc.request.deadline"]);
  });

  test("fires when the process ends, and the caller is told why", async () => {
    const { list, started, aborted } = waiting();
    const running = await startWith(list);
    const call = running.client.refused(Resources.listResources, LIST_PEOPLE);
    await started;
    running.tracker.cancelAll(new BatonError(Code.Unavailable, "closing time"));
    await aborted;
    const refused = await call;
    expect(refused.code).toBe(Code.Unavailable);
    expect(refused.message).toContain("closing time");
  });

  test("does not fire after a normal end", async () => {
    let seen: AbortSignal | undefined;
    const running = await startWith(async (_page, { signal }) => {
      seen = signal;
      return { items: [], nextPageToken: "" };
    });
    await running.client.ask(Resources.listResources, LIST_PEOPLE);
    await running.client.ask(ConnectorService.validate, {});
    expect(seen?.aborted).toBe(false);
  });
});

test("calls run side by side", async () => {
  const both = Promise.withResolvers<void>();
  let arrived = 0;
  const { client } = await startWith(async () => {
    arrived += 1;
    if (arrived === 2) both.resolve();
    await both.promise;
    return { items: [], nextPageToken: "" };
  });
  await Promise.all([
    client.ask(Resources.listResources, LIST_PEOPLE),
    client.ask(Resources.listResources, LIST_PEOPLE),
  ]);
  expect(arrived).toBe(2);
});

test("each call leaves one line in the access log", async () => {
  const running = await startWith(async () => {
    throw new BatonError(Code.PermissionDenied, "not yours");
  });
  await running.client.ask(ConnectorService.validate, {});
  expect(accessLine(running)).toMatchObject({
    level: "debug",
    msg: "finished unary call with code OK",
    "grpc.service": "c1.connector.v2.ConnectorService",
    "grpc.method": "Validate",
    "grpc.code": "OK",
    "grpc.time_ms": expect.any(Number),
    "grpc.start_time": expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    "peer.address": expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
  await running.client.refused(Resources.listResources, LIST_PEOPLE);
  expect(accessLine(running)).toMatchObject({
    level: "warn",
    msg: "finished unary call with code PermissionDenied",
    error: "error: listing resources failed: not yours",
  });
});

describe("Validate", () => {
  async function startValidating(validate: Connector["validate"]) {
    const clock = new ManualClock();
    const toy = new ToyConnector();
    service = await serveInProcess({ metadata: toy.metadata, syncers: toy.syncers, validate }, { clock });
    return { clock, client: service.client };
  }

  test("outlasts a short hiccup of the upstream", async () => {
    let attempts = 0;
    const { clock, client } = await startValidating(async () => {
      attempts += 1;
      if (attempts < 4) throw new BatonError(Code.Unavailable, "502 Bad Gateway");
      return {};
    });
    await client.ask(ConnectorService.validate, {});
    expect(clock.sleeps).toEqual([1000, 2000, 3000]);
  });

  test("gives up within 15 seconds and tells attempts how long they may wait", async () => {
    const budgets: (number | undefined)[] = [];
    const { clock, client } = await startValidating(async (ctx) => {
      budgets.push(ctx.maxWaitMs);
      throw new BatonError(Code.Unavailable, "503");
    });
    const refused = await client.refused(ConnectorService.validate, {});
    expect(refused).toMatchObject({ code: Code.Unavailable, message: "validate failed: 503" });
    expect(clock.sleeps).toEqual([1000, 2000, 3000, 4000]);
    expect(budgets).toEqual([15_000, 14_000, 12_000, 9000, 5000]);
  });

  test("does not wait for a reset that is further away", async () => {
    const { clock, client } = await startValidating(async (ctx) => {
      const rateLimit = { remaining: 0, resetAt: ctx.clock.now() + 20_000 };
      throw new BatonError(Code.Unavailable, "429", { rateLimit });
    });
    expect((await client.refused(ConnectorService.validate, {})).code).toBe(Code.Unavailable);
    expect(clock.sleeps).toEqual([]);
  });

  test("does not repeat what cannot become better", async () => {
    let attempts = 0;
    const { client } = await startValidating(async () => {
      attempts += 1;
      throw new BatonError(Code.Unauthenticated, "the token is wrong");
    });
    expect((await client.refused(ConnectorService.validate, {})).code).toBe(Code.Unauthenticated);
    expect(attempts).toBe(1);
  });
});
