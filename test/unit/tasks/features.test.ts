import { describe, expect, it } from "vitest";
import {
  GetActionStatusResponse,
  InvokeActionResponse,
  BatonActionStatus as Status,
} from "#gen/c1/connector/v2/action.ts";
import { Event, type ListEventsRequest, ListEventsResponse } from "#gen/c1/connector/v2/event_feed.ts";
import { type CreateAccountRequest, CreateAccountResponse } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { runCreateAccountTask } from "#tasks/accounts.ts";
import { runEventTask } from "#tasks/read-events.ts";
import { runActionTask } from "#tasks/run-action.ts";
import { catchError, createBench } from "../sync/support.ts";

describe("reading an event feed", () => {
  const options = { feedId: "joins", startAt: new Date(1_000), cursor: "" };

  it("hands over all events in order and returns where to go on", async () => {
    const { ctx } = await createBench();
    const requests: ListEventsRequest[] = [];
    const seen: string[] = [];
    const client = {
      listEvents: async (request: ListEventsRequest) => {
        requests.push(request);
        const page = requests.length;
        const events = [Event.fromPartial({ id: `event-${page}` })];
        return ListEventsResponse.fromPartial({ events, cursor: `c${page}`, hasMore: page < 3 });
      },
    };
    const cursor = await runEventTask(client, options, ({ id }) => void seen.push(id), ctx);
    expect(seen).toEqual(["event-1", "event-2", "event-3"]);
    expect(cursor).toBe("c3");
    expect(requests.map((request) => request.cursor)).toEqual(["", "c1", "c2"]);
    expect(requests[2]).toMatchObject({ eventFeedId: "joins", pageSize: 100, startAt: { seconds: 1n } });
  });

  it("ends with an error when the feed does not move on", async () => {
    const { ctx } = await createBench();
    const client = {
      listEvents: async () => ListEventsResponse.fromPartial({ cursor: "same", hasMore: true }),
    };
    const error = await catchError(runEventTask(client, options, () => undefined, ctx));
    expect(error.code).toBe(Code.Internal);
  });
});

describe("invoking an action", () => {
  const options = { name: "disable_user", args: { user_id: "ann" }, resourceTypeId: "" };

  function actions(...later: Status[]) {
    const invoke = InvokeActionResponse.fromPartial({
      id: "1",
      status: later.shift() ?? Status.BATON_ACTION_STATUS_COMPLETE,
    });
    return {
      invokeAction: async () => invoke,
      getActionStatus: async () =>
        GetActionStatusResponse.fromPartial({
          id: "1",
          status: later.shift() ?? Status.BATON_ACTION_STATUS_COMPLETE,
          response: { error: "no such user" },
        }),
    };
  }

  it("is followed once per second to its end", async () => {
    const bench = await createBench();
    const states: Status[] = [];
    const client = actions(Status.BATON_ACTION_STATUS_PENDING, Status.BATON_ACTION_STATUS_RUNNING);
    const result = await runActionTask(client, options, ({ status }) => void states.push(status), bench.ctx);
    expect(result.status).toBe(Status.BATON_ACTION_STATUS_COMPLETE);
    expect(states).toEqual([
      Status.BATON_ACTION_STATUS_PENDING,
      Status.BATON_ACTION_STATUS_RUNNING,
      Status.BATON_ACTION_STATUS_COMPLETE,
    ]);
    expect(bench.clock.slept).toEqual([1_000, 1_000]);
  });

  it("that fails is an error with the action's reason", async () => {
    const { ctx } = await createBench();
    const client = actions(Status.BATON_ACTION_STATUS_RUNNING, Status.BATON_ACTION_STATUS_FAILED);
    const error = await catchError(runActionTask(client, options, () => undefined, ctx));
    expect(error.code).toBe(Code.Unknown);
    expect(error.message).toMatch(/disable_user.*no such user$/);
  });
});

describe("creating an account", () => {
  it("asks for a random password that only a forgotten key can read", async () => {
    const { ctx } = await createBench();
    const requests: CreateAccountRequest[] = [];
    const client = {
      createAccount: async (request: CreateAccountRequest) => {
        requests.push(request);
        return CreateAccountResponse.create();
      },
    };
    await runCreateAccountTask(
      client,
      { login: "ann", email: "", profile: { email: "ann@example.com" }, resourceTypeId: "" },
      ctx,
    );
    const [request] = requests;
    expect(request?.accountInfo).toMatchObject({
      login: "ann",
      emails: [{ address: "ann@example.com", isPrimary: true }],
      profile: { login: "ann", email: "ann@example.com" },
    });
    expect(request?.credentialOptions?.options).toMatchObject({
      $case: "randomPassword",
      value: { length: 20n },
    });
    expect(request?.encryptionConfigs[0]).toMatchObject({
      provider: "baton/jwk/v1",
      keyId: expect.stringMatching(/^[0-9a-f]{64}$/u),
    });
  });
});
