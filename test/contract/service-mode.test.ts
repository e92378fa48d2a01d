import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvokeActionResponse, ListActionSchemasResponse } from "#gen/c1/connector/v2/action.ts";
import { ListEventFeedsResponse, ListEventsResponse } from "#gen/c1/connector/v2/event_feed.ts";
import { GrantManagerServiceGrantResponse } from "#gen/c1/connector/v2/grant.ts";
import type { BatonServiceFinishTaskRequest as FinishTaskRequest } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { hasAnnotation } from "#model/annotations.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { ServiceScene, waitFor } from "./service-scene.ts";

const syncFull = (value = {}) => ({ $case: "syncFull", value }) as const;

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

function responseOf(report: FinishTaskRequest): { readonly typeUrl: string; readonly value: Buffer } {
  expect(report.status).toBeUndefined();
  const response = report.finalState?.value.response;
  if (response === undefined) throw new Error("the report holds no response");
  return response;
}

function failureOf(report: FinishTaskRequest) {
  const { status, finalState } = report;
  if (finalState?.$case !== "error") throw new Error("the task did not fail");
  const { nonRetryable, response } = finalState.value;
  expect(response).toBeUndefined();
  return { code: status?.code, nonRetryable, message: status?.message ?? "", details: status?.details ?? [] };
}

describe("with the Codecov connector", () => {
  let scene: ServiceScene;
  beforeAll(async () => {
    scene = await ServiceScene.open();
    scene.start({ BATON_LOG_LEVEL: "debug", BATON_HOST_ID: "pod-7" });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test("C1 is told what runs where, before it is asked for anything", async () => {
    await waitFor(() => expect(scene.c1.count("getTask")).toBeGreaterThan(0));
    expect(scene.c1.calls[0]?.method).toBe("hello");
    const [hello] = scene.c1.hellos;
    expect(hello).toMatchObject({
      hostId: "pod-7",
      taskId: "",
      annotations: [],
      buildInfo: { langVersion: expect.stringMatching(/^node v\d+/), package: "baton-codecov" },
      osInfo: { os: process.platform, hostname: hostname() },
    });
    expect(hello?.connectorMetadata?.displayName).toBe("Codecov");
    expect(hello?.connectorMetadata?.capabilities?.connectorCapabilities.length).toBeGreaterThan(0);
    expect(scene.c1.calls[0]).toMatchObject({
      userAgent: expect.stringMatching(/^gentle-otter-4711 baton-sdk\/v0\.25\.0 grpc-node-js\//),
      hasDeadline: false,
    });
    expect(scene.c1.tokens.userAgents[0]).toBe("baton-c1-credential-provider baton-sdk/v0.25.0");
  });

  test("a sync is uploaded as one complete v1 file and reported", async () => {
    const taskId = scene.c1.enqueue(syncFull());
    const report = await scene.finish(taskId);
    expect(report).toMatchObject({
      status: undefined,
      finalState: { $case: "success", value: { annotations: [], response: undefined } },
    });
    const upload = await scene.readUpload(taskId);
    expect(upload).toMatchObject({ magic: "C1ZF\0", runs: [{ type: "full", ended: true }], users: 52 });
    expect(upload.grants).toBeGreaterThan(0);
    expect(scene.leftovers()).toEqual([]);
  });

  test("the options of a sync task are kept", async () => {
    const onlyUsers = scene.c1.enqueue(syncFull({ syncResourceTypeIds: ["user"] }));
    const bare = scene.c1.enqueue(syncFull({ skipEntitlementsAndGrants: true, storageEngine: "pebble" }));
    const noGrants = scene.c1.enqueue(syncFull({ skipGrants: true }));
    await Promise.all([onlyUsers, bare, noGrants].map((id) => scene.finish(id)));

    expect(await scene.readUpload(onlyUsers)).toMatchObject({ users: 52, resources: 52 });
    expect(await scene.readUpload(bare)).toMatchObject({
      runs: [{ type: "resources_only" }],
      users: 52,
      entitlements: 0,
    });
    const withoutGrants = await scene.readUpload(noGrants);
    expect(withoutGrants.grants).toBe(0);
    expect(withoutGrants.entitlements).toBeGreaterThan(0);
    expect(scene.log()).toContain('"storage_engine":"pebble"');
  });

  test("targeted resources are a partial sync of just these", async () => {
    const path = join(scene.directory, "all.c1z");
    const all = scene.c1.enqueue(syncFull());
    await scene.finish(all);
    await writeFile(path, scene.c1.uploads.get(all)?.[0] ?? "");
    await using file = await openC1zReadOnly(path);
    const [user] = file.reader(file.runs.pick().id).listResources({ resourceTypeId: "user" }, {}).items;
    const taskId = scene.c1.enqueue(syncFull({ targetedSyncResources: [user] }));
    expect(await scene.finish(taskId)).toMatchObject({ finalState: { $case: "success" } });
    expect(await scene.readUpload(taskId)).toMatchObject({ runs: [{ type: "partial" }], users: 1 });
  });

  test("a debug task uploads its log as well, without secrets", async () => {
    const taskId = scene.c1.enqueue(syncFull(), { debug: true });
    await scene.finish(taskId);
    const [, log] = scene.c1.uploads.get(taskId) ?? [];
    const text = log?.toString("utf8") ?? "";
    expect(text).toContain(taskId);
    expect(text).toContain("Sync complete.");
    scene.expectNoSecrets(text);
    expect(scene.leftovers()).toEqual([]);
  });

  test("without provisioning a grant is refused for good", async () => {
    const entitlement = {
      id: "license:org:assigned",
      resource: { id: { resourceType: "license", resource: "o" } },
    };
    const principal = { id: { resourceType: "user", resource: "1" } };
    const taskId = scene.c1.enqueue({ $case: "grant", value: { entitlement, principal } });
    expect(failureOf(await scene.finish(taskId))).toMatchObject({ code: 9, nonRetryable: true });
  });

  test("a hello task is answered by a hello and by no report", async () => {
    const taskId = scene.c1.enqueue({ $case: "hello", value: {} });
    await waitFor(() => expect(scene.c1.hellos.map((hello) => hello.taskId)).toContain(taskId));
    const later = scene.c1.enqueue({ $case: "listEventFeeds", value: {} });
    await scene.finish(later);
    expect(scene.c1.finished.has(taskId)).toBe(false);
  });

  test("tasks for somebody else, tasks of the future and malformed ones are refused for good", async () => {
    const foreign = scene.c1.enqueue({ $case: "compactSyncs", value: {} });
    const old = scene.c1.enqueue({ $case: "eventFeed", value: {} });
    const empty = scene.c1.enqueue({ $case: "revoke", value: {} });
    expect(failureOf(await scene.finish(foreign))).toMatchObject({ code: 12, nonRetryable: true });
    expect(failureOf(await scene.finish(old))).toMatchObject({ code: 12, nonRetryable: true });
    expect(failureOf(await scene.finish(empty))).toMatchObject({ code: 3, nonRetryable: true });
  });

  test("a signal ends it with exit code 0, and nothing stays behind", async () => {
    await scene.stop();
    const methods = scene.c1.calls.filter(({ hasDeadline }) => hasDeadline).map(({ method }) => method);
    expect(methods).toEqual([]);
    expect(scene.leftovers()).toEqual([]);
  });
});

describe("with a connector that can do everything", () => {
  let scene: ServiceScene;
  const red = { id: { resourceType: "team", resource: "red" }, displayName: "red" };
  const member = { id: "team:red:member", slug: "member", displayName: "member", resource: red };
  const person = (name: string) => ({ id: { resourceType: "person", resource: name }, displayName: name });

  beforeAll(async () => {
    scene = await ServiceScene.open();
    scene.startToy({
      BATON_PROVISIONING: "true",
      BATON_HEALTH_CHECK: "true",
      BATON_HEALTH_CHECK_PORT: String(await findFreePort()),
    });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test("a grant and its repetition tell C1 what the connector answered", async () => {
    const value = { entitlement: member, principal: person("person-3") };
    const first = await scene.finish(scene.c1.enqueue({ $case: "grant", value }));
    const response = responseOf(first);
    expect(response.typeUrl).toBe("type.googleapis.com/c1.connector.v2.GrantManagerServiceGrantResponse");
    expect(GrantManagerServiceGrantResponse.decode(response.value).grants).toHaveLength(1);

    const second = await scene.finish(scene.c1.enqueue({ $case: "grant", value }));
    const { annotations } = GrantManagerServiceGrantResponse.decode(responseOf(second).value);
    expect(hasAnnotation(annotations, "GrantAlreadyExists")).toBe(true);
    expect(hasAnnotation(second.finalState?.value.annotations ?? [], "GrantAlreadyExists")).toBe(true);
  });

  test("a declined grant carries the reason for people", async () => {
    const value = { entitlement: member, principal: person("person-4") };
    const failure = failureOf(await scene.finish(scene.c1.enqueue({ $case: "grant", value })));
    expect(failure).toMatchObject({ code: 9, nonRetryable: true });
    const [detail] = failure.details;
    expect(ErrorInfo.decode(detail?.value ?? Buffer.alloc(0))).toMatchObject({
      reason: "grant_cancelled",
      metadata: new Map([["reason", "no seats left"]]),
    });
  });

  test("a revoke of what is gone says so", async () => {
    const grant = { id: "team:red:member:person:nobody", entitlement: member, principal: person("nobody") };
    const report = await scene.finish(scene.c1.enqueue({ $case: "revoke", value: { grant } }));
    expect(hasAnnotation(report.finalState?.value.annotations ?? [], "GrantAlreadyRevoked")).toBe(true);
  });

  test("feeds, events and actions are read and run", async () => {
    const feeds = responseOf(await scene.finish(scene.c1.enqueue({ $case: "listEventFeeds", value: {} })));
    expect(ListEventFeedsResponse.decode(feeds.value).list.map(({ id }) => id)).toContain("joins");
    const reading = { eventFeedId: "joins", cursor: "0", pageSize: 1 };
    const events = responseOf(await scene.finish(scene.c1.enqueue({ $case: "listEvents", value: reading })));
    expect(ListEventsResponse.decode(events.value)).toMatchObject({ cursor: "1", hasMore: true });

    const schemas = responseOf(
      await scene.finish(scene.c1.enqueue({ $case: "actionListSchemas", value: {} })),
    );
    expect(ListActionSchemasResponse.decode(schemas.value).schemas.length).toBeGreaterThan(0);
    const greeting = { name: "wait_for_cancel", args: { whom: "you" } };
    const started = responseOf(
      await scene.finish(scene.c1.enqueue({ $case: "actionInvoke", value: greeting })),
    );
    const { id } = InvokeActionResponse.decode(started.value);
    const status = await scene.finish(
      scene.c1.enqueue({ $case: "actionStatus", value: { name: greeting.name, id } }),
    );
    expect(responseOf(status).typeUrl).toMatch(/GetActionStatusResponse$/);
  });

  test("what the connector does not know is an error that may be tried again where Go connectors say so", async () => {
    const feed = await scene.finish(
      scene.c1.enqueue({ $case: "listEvents", value: { eventFeedId: "none", cursor: "0" } }),
    );
    expect(failureOf(feed)).toMatchObject({ code: 5, nonRetryable: false });
    const action = await scene.finish(
      scene.c1.enqueue({ $case: "actionGetSchema", value: { name: "none" } }),
    );
    expect(failureOf(action)).toMatchObject({ code: 5, nonRetryable: false });
    const tickets = await scene.finish(scene.c1.enqueue({ $case: "listTicketSchemas", value: {} }));
    expect(failureOf(tickets).nonRetryable).toBe(false);
  });

  test("health endpoints tell when C1 was last heard of", async () => {
    const [line] = scene.logLines().filter(({ msg }) => msg === "health endpoints");
    const response = await fetch(`http://127.0.0.1:${String(line?.["port"])}/health`);
    expect(response.status).toBe(200);
    const { status, details } = JSON.parse(await response.text());
    expect(status).toBe("healthy");
    expect(Date.now() - Date.parse(details.last_successful_poll)).toBeLessThan(10_000);
  });

  test("a task that C1 hands out twice is done once; a lost result is told again", async () => {
    const value = { entitlement: member, principal: person("person-2") };
    const taskId = scene.c1.enqueue({ $case: "grant", value });
    const first = await scene.finish(taskId);
    scene.c1.repeat(taskId);
    await waitFor(() => expect(scene.c1.finished.get(taskId)).toHaveLength(2));
    expect(scene.c1.finished.get(taskId)?.[1]).toEqual(first);
  });

  test("a connector process that dies is started again, and the program goes on", async () => {
    const pid = scene.pid();
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
    process.kill(child, "SIGKILL");
    const what = "starting the connector process";
    const waiting = { msg: "waiting before the next attempt", what, attempt: 1, wait_ms: 1_000 };
    await waitFor(() => expect(scene.logLines()).toContainEqual(expect.objectContaining(waiting)));
    const taskId = scene.c1.enqueue({ $case: "listEventFeeds", value: {} });
    expect(await scene.finish(taskId)).toMatchObject({ finalState: { $case: "success" } });
  });

  test("it ends in good order", async () => {
    await scene.stop("SIGINT");
    expect(scene.leftovers()).toEqual([]);
  });
});

test("everything goes through a proxy if there is one", async () => {
  await using scene = await ServiceScene.open();
  const targets: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, socket) => {
    targets.push(request.url ?? "");
    const upstream = connect(scene.c1.port, "localhost", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" ? address?.port : undefined;
  scene.start({ HTTPS_PROXY: `http://127.0.0.1:${port}`, BATON_C1_API_HOST: "c1.example:8443" });
  const taskId = scene.c1.enqueue({ $case: "listEventFeeds", value: {} });
  expect(await scene.finish(taskId)).toMatchObject({ finalState: { $case: "success" } });
  // One connection for tokens, one for everything else.
  expect(targets).toEqual(["c1.example:8443", "c1.example:8443"]);
  await scene.stop();
  proxy.close();
});

test.runIf(process.platform === "linux")(
  "secrets given as flags are in the command line neither of the program nor of the connector process",
  async () => {
    await using scene = await ServiceScene.open();
    const { BATON_CLIENT_SECRET: secret = "", BATON_CODECOV_API_TOKEN: token = "" } = scene.settings();
    const args = [`--codecov-api-token=${token}`, `--client-secret=${secret}`];
    scene.start({ BATON_CODECOV_API_TOKEN: "", BATON_CLIENT_SECRET: "" }, args);
    const taskId = scene.c1.enqueue({ $case: "listEventFeeds", value: {} });
    expect(await scene.finish(taskId)).toMatchObject({ finalState: { $case: "success" } });
    const pid = scene.pid();
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim());
    const shown = [pid, child].map((each) => readFileSync(`/proc/${each}/cmdline`, "utf8"));
    expect(shown[1]).toContain("_connector-service");
    // Not even hidden afterwards: they come in the environment.
    expect(shown[1]).not.toMatch(/--codecov-api-token|--client-secret/);
    scene.expectNoSecrets(...shown);
    await scene.stop();
  },
);

test("credentials that are none end it before anything is started or sent", async () => {
  await using scene = await ServiceScene.open();
  for (const changes of [{ BATON_CLIENT_ID: "nonsense" }, { BATON_CLIENT_SECRET: "a:b:v1:bm9uZQ" }]) {
    const result = await scene.start(changes).result;
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/invalid client (id|secret)/);
    expect(result.stderr).not.toContain("bm9uZQ");
  }
  expect(scene.c1.tokens.userAgents).toEqual([]);
});
