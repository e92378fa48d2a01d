import { describe, expect, it } from "vitest";
import { Code } from "#kernel/errors.ts";
import type { Action } from "#runtime/connector.ts";
import { failureOf } from "../../fakes/failure.ts";
import { type SeatSetup, seatHolders, setUpSeats, writesOf } from "./seat-support.ts";

function actionOf({ connector }: SeatSetup, name: string): Action {
  const action = connector.actions?.find(({ schema }) => schema.name === name);
  if (action === undefined) throw new Error(`no action ${name}`);
  return action;
}

describe("enable_user and disable_user", () => {
  it("give and take the seat of the user, and say whether there was anything to do", async () => {
    const setup = await setUpSeats("free-seats", "roomy");
    const invoke = async (name: string) =>
      (await actionOf(setup, name).invoke({ user_id: "waiting" }, setup.ctx)).response;
    expect(await invoke("enable_user")).toEqual({ success: true, changed: true });
    expect(seatHolders(setup.simulator, "github", "roomy")).toContain(109);
    expect(await invoke("enable_user")).toEqual({ success: true, changed: false });
    expect(await invoke("disable_user")).toEqual({ success: true, changed: true });
    expect(seatHolders(setup.simulator, "github", "roomy")).not.toContain(109);
  });

  it("wait for each other and for grants", async () => {
    const setup = await setUpSeats("free-seats", "roomy");
    await Promise.all([
      setup.grant("waiting"),
      actionOf(setup, "enable_user").invoke({ user_id: "MixedCase" }, setup.ctx),
      actionOf(setup, "disable_user").invoke({ user_id: "bob" }, setup.ctx),
      setup.revoke("dan"),
    ]);
    expect(seatHolders(setup.simulator, "github", "roomy")).toEqual([101, 105, 108, 109]);
    expect(setup.simulator.counters.maxInFlightPatches).toBe(1);
  });

  it.each([{}, { user_id: "" }, { user_id: 7 }, { user: "bob" }])("refuse the arguments %j", async (args) => {
    const setup = await setUpSeats("free-seats", "roomy");
    const error = await failureOf(actionOf(setup, "disable_user").invoke(args, setup.ctx));
    expect([error.code, error.message]).toEqual([Code.InvalidArgument, expect.stringContaining("user_id")]);
    expect(setup.simulator.requests).toEqual([]);
  });

  it("have one argument, and a type by which hosts find them", async () => {
    const { connector } = await setUpSeats("free-seats", "roomy");
    expect(connector.actions?.map(({ schema }) => schema)).toMatchObject(
      ["enable_user", "disable_user"].map((name) => ({
        name,
        resourceTypeId: "",
        arguments: [{ name: "user_id", isRequired: true, field: { $case: "stringField" } }],
      })),
    );
  });
});

describe("without permission to write", () => {
  it.each(["grant", "revoke", "enable_user", "disable_user"])(
    "%s is stopped at the HTTP client, whatever let it through",
    async (name) => {
      const setup = await setUpSeats("free-seats", "roomy", { provisioning: false });
      const userId = name === "grant" || name === "enable_user" ? "waiting" : "bob";
      const change =
        name === "grant"
          ? setup.grant(userId)
          : name === "revoke"
            ? setup.revoke(userId)
            : actionOf(setup, name).invoke({ user_id: userId }, setup.ctx);
      const error = await failureOf(change);
      expect([error.code, error.message]).toEqual([
        Code.FailedPrecondition,
        expect.stringContaining("provisioning is not enabled"),
      ]);
      expect(setup.simulator.requests.length).toBeGreaterThan(0);
      expect(writesOf(setup.simulator)).toEqual([]);
    },
  );
});
