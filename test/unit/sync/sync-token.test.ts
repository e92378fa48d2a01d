import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { SyncState } from "#sync/sync-state.ts";

const EXPECTED: Record<string, { syncs?: { token: Record<string, unknown> }[] }> = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../golden/go-reference/expected.json"), "utf8"),
);

const GO_TOKENS = Object.entries(EXPECTED).flatMap(([file, { syncs = [] }]) =>
  syncs.map(({ token }) => ({ file, token })).filter(({ token }) => "actions_map" in token),
);

function problemOf(token: string): string {
  try {
    new SyncState(token);
  } catch (error) {
    if (error instanceof BatonError && error.code === Code.DataLoss) return error.message;
    throw error;
  }
  return "";
}

const ACTION = { id: "0000000003", operation: "list-grants" };
const TOKEN = {
  actions_map: { "0000000003": ACTION },
  action_order: ["0000000003"],
  current_action_id: 4,
  version: 1,
};

describe("the position of a sync", () => {
  it.each(GO_TOKENS)("of the Go host is understood and written back the same: $file", ({ token }) => {
    expect(JSON.parse(new SyncState(JSON.stringify(token)).serialize())).toEqual(token);
  });

  it("begins with init, which has number 0", () => {
    const state = new SyncState("");
    expect(state.top()).toMatchObject({ id: "0000000000", operation: "init" });
    expect(JSON.parse(state.serialize())).toEqual({
      actions_map: { "0000000000": { id: "0000000000", operation: "init" } },
      action_order: ["0000000000"],
      current_action_id: 1,
      version: 1,
    });
  });

  it("without actions begins anew and goes on numbering", () => {
    const state = new SyncState('{"current_action_id":31,"completed_actions_count":31,"version":1}');
    expect(state.top()).toMatchObject({ id: "0000000031", operation: "init" });
    expect(state.completed).toBe(31);
  });

  it("of a version from the future begins anew", () => {
    expect(new SyncState(JSON.stringify({ ...TOKEN, version: 3 })).top()?.operation).toBe("init");
  });

  it("of an older host is numbered, its top last", () => {
    const old = {
      actions: [{ operation: "list-grants" }, { operation: "list-entitlements", page_token: "7" }],
      current_action: { operation: "list-resources", resource_type_id: "user" },
      needs_expansion: true,
    };
    const state = new SyncState(JSON.stringify(old));
    expect(state.flags.needsExpansion).toBe(true);
    expect(state.top()).toMatchObject({
      id: "0000000002",
      operation: "list-resources",
      resourceTypeId: "user",
    });
    expect(JSON.parse(state.serialize())).toMatchObject({
      action_order: ["0000000000", "0000000001", "0000000002"],
      current_action_id: 3,
      version: 1,
    });
  });

  it.each(["spawned", "typeScoped"] as const)(
    "with a %s listing has version 2, and only as long as it is pending",
    (mark) => {
      const state = new SyncState("");
      state.push({ operation: "list-grants", resourceTypeId: "role", [mark]: true });
      expect(JSON.parse(state.serialize())["version"]).toBe(2);
      const top = state.top();
      if (top !== undefined) state.finish(top);
      expect(JSON.parse(state.serialize())["version"]).toBe(1);
    },
  );

  it("never keeps a cursor of the expansion, whose graph is not stored", () => {
    const action = { ...ACTION, operation: "grant-expansion", page_token: "5" };
    const state = new SyncState(JSON.stringify({ ...TOKEN, actions_map: { "0000000003": action } }));
    expect(state.top()?.pageToken).toBe("");
  });

  it.each([
    ["hello", "not JSON"],
    ["[]", "not a JSON object"],
    [JSON.stringify({ ...TOKEN, action_order: ["0000000003", "0000000002"] }), "not in order"],
    [JSON.stringify({ ...TOKEN, action_order: ["0000000003", "0000000003"] }), "not in order"],
    [JSON.stringify({ ...TOKEN, action_order: ["0000000002"] }), "is missing"],
    [JSON.stringify({ ...TOKEN, action_order: ["3"] }), "proper id"],
    [JSON.stringify({ ...TOKEN, current_action_id: 3 }), "there is a number 3"],
    [JSON.stringify({ ...TOKEN, actions_map: { "0000000003": { operation: "dance" } } }), "unknown kind"],
    [
      JSON.stringify({ ...TOKEN, actions_map: { "0000000003": { ...ACTION, page_token: 5 } } }),
      "is not a string",
    ],
  ])("that breaks a rule is refused: %s", (token, problem) => {
    expect(problemOf(token)).toContain(problem);
  });
});

describe("the stack of a sync", () => {
  it("takes actions from the top, in runs that are alike", () => {
    const state = new SyncState("");
    for (const resourceId of ["a", "b"]) state.push({ operation: "list-entitlements", resourceId });
    for (const resourceId of ["c", "d", "e"]) state.push({ operation: "list-grants", resourceId });
    const isGrants = ({ operation }: { operation: string }) => operation === "list-grants";
    expect(state.topRun(isGrants, 10).map(({ resourceId }) => resourceId)).toEqual(["e", "d", "c"]);
    expect(state.topRun(isGrants, 2).map(({ resourceId }) => resourceId)).toEqual(["e", "d"]);
  });

  it("can finish an action below the top", () => {
    const state = new SyncState("");
    const init = state.top();
    state.push({ operation: "list-grants" });
    if (init !== undefined) state.finish(init);
    expect(state.pending).toBe(1);
    expect(state.top()?.operation).toBe("list-grants");
    if (init !== undefined)
      expect(() => state.finish(init)).toThrow(
        expect.objectContaining({ code: Code.Internal, message: expect.stringContaining("0000000000") }),
      );
  });
});
