import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ConnectorServiceService } from "#gen/c1/connector/v2/connector.ts";
import { Resource } from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Span } from "#kernel/trace.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import { findAnnotation } from "#model/annotations.ts";
import { readStatusDetails } from "#model/status.ts";
import { MAX_RESPONSE_BYTES } from "#runtime/unary.ts";
import { launchFakeProcess, launchFakeThread } from "../fakes/connector-launch.ts";
import { failureOf } from "../fakes/failure.ts";
import { QUOTA_RESET_AT } from "../fakes/probe-connector.ts";

const TRACE_PARENT = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;

/** A span that every call continues under one and the same name. */
const span: Span = {
  traceId: "1".repeat(32),
  spanId: "2".repeat(16),
  startChild: () => span,
  set: () => undefined,
  end: () => undefined,
  toHeaders: () => ({ traceparent: TRACE_PARENT }),
};

const neverAborted = new AbortController().signal;

describe.each([
  ["process", launchFakeProcess],
  ["thread", launchFakeThread],
])("a connector in a %s of its own", (_kind, launch) => {
  let connector: LaunchedConnector;
  beforeAll(async () => {
    connector = await launch("probe");
  });
  afterAll(() => connector.close());

  async function list(pageToken: string, signal = neverAborted): Promise<string[]> {
    const request = {
      resourceTypeId: "person",
      parentResourceId: undefined,
      pageSize: 0,
      pageToken,
      annotations: [],
      activeSyncId: "",
      trait: 0 as const,
    };
    const { list: rows } = await connector.client.listResources(request, signal);
    return [...rows].map((row) => Resource.decode(row.encoded).displayName);
  }

  it("answers, and says with each answer how many requests it has sent upstream", async () => {
    const before = connector.upstreamRequests() ?? 0;
    const { sdkVersion } = await connector.client.validate({}, neverAborted);
    expect(sdkVersion).toBe("v0.25.0");
    expect(connector.upstreamRequests()).toBe(before + 1);
    await connector.client.validate({}, neverAborted);
    expect(connector.upstreamRequests()).toBe(before + 2);
  });

  it("answers calls that are made side by side each with its own answer", async () => {
    const sizes = [7, 2_000_000, 1, 300_000, 0];
    const answers = await Promise.all(sizes.map((size) => list(`large ${size}`)));
    expect(answers.map(([name = ""]) => name.length)).toEqual(sizes);
  });

  it("answers an empty message again and again", async () => {
    const request = { activeSyncId: "1", annotations: [] };
    for (let calls = 0; calls < 3; calls += 1)
      await expect(connector.client.cleanup(request, neverAborted)).resolves.toMatchObject({
        annotations: [],
      });
  });

  it("is called within the trace of its host, if there is one", async () => {
    const traceOf = async (called: LaunchedConnector) => {
      const { annotations } = await called.client.validate({}, neverAborted);
      return findAnnotation(annotations, "RequestId")?.requestId;
    };
    expect(await traceOf(connector)).toBe("");
    expect(await traceOf(connector.within(span))).toBe(TRACE_PARENT);
  });

  it("fails with code, text, quota, reason and the details as they were sent", async () => {
    const error = await failureOf(list("quota"));
    expect(error).toMatchObject({
      code: Code.ResourceExhausted,
      message: expect.stringMatching(/: the quota is used up$/),
      rateLimit: { limit: 100, remaining: 0, resetAt: QUOTA_RESET_AT },
      errorInfo: { reason: "QUOTA", domain: "toys.example", metadata: { plan: "small" } },
    });
    const types = readStatusDetails(error).map(({ typeUrl }) => typeUrl.split("/").at(-1));
    expect(new Set(types)).toEqual(new Set(["c1.connector.v2.RateLimitDescription", "google.rpc.ErrorInfo"]));
  });

  it("refuses a request that breaks the rules of the contract", async () => {
    const error = await failureOf(list("x".repeat(2_000_000)));
    expect(error.code).toBe(Code.InvalidArgument);
  });

  it("does not know a method that is not in the contract", async () => {
    const { getMetadata } = ConnectorServiceService;
    const path = "/c1.connector.v2.ConnectorService/Dance";
    const error = await failureOf(connector.calls.unary({ ...getMetadata, path })({}, neverAborted));
    expect(error.code).toBe(Code.Unimplemented);
  });

  it("says which answer is not the message it should be", async () => {
    const { getMetadata } = ConnectorServiceService;
    const responseDeserialize = (): never => {
      throw new Error("what is this?");
    };
    const call = connector.calls.unary({ ...getMetadata, responseDeserialize });
    expect((await failureOf(call({}, neverAborted))).code).toBe(Code.Internal);
  });

  it("refuses the services that are switched off", async () => {
    const features = await connector.features();
    const request = { annotations: [], pageSize: 0, pageToken: "" };
    expect(await failureOf(features.listTicketSchemas(request, neverAborted))).toMatchObject({
      code: Code.Unknown,
      message: "ticketing is not enabled",
    });
  });

  it("delivers an answer of almost 4 MiB whole and refuses to send a larger one", async () => {
    const most = MAX_RESPONSE_BYTES - 1_000;
    const [name = ""] = await list(`large ${most}`);
    expect(name).toHaveLength(most);
    const error = await failureOf(list(`large ${MAX_RESPONSE_BYTES + 1}`));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.message).toContain(String(MAX_RESPONSE_BYTES));
  });

  it("hears that a call was given up, and goes on with the others", async () => {
    const giveUp = new AbortController();
    const reason = new BatonError(Code.Canceled, "interrupted");
    const given = failureOf(list("wait", giveUp.signal));
    const other = new AbortController();
    const kept = failureOf(list("wait", other.signal));
    await vi.waitFor(async () => expect(await list("waiting")).toHaveLength(2));
    giveUp.abort(reason);
    expect(await given).toBe(reason);
    await vi.waitFor(async () => expect(await list("cancelled")).toEqual(["the caller canceled the call"]));
    other.abort(reason);
    expect(await kept).toBe(reason);
  });
});
