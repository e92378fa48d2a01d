import { expect, test } from "vitest";
import { ActionType, BatonActionSchema, makeActionSchema } from "#model/action.ts";

test("an action schema keeps its names, kinds and rules on the wire", () => {
  const schema = makeActionSchema({
    name: "disable_user",
    displayName: "Disable user",
    description: "Takes the seat.",
    types: [ActionType.ACTION_TYPE_ACCOUNT_DISABLE],
    arguments: [{ name: "user_id", displayName: "User", kind: "string", required: true }],
    results: [{ name: "success", displayName: "Success", kind: "bool" }],
  });
  expect(BatonActionSchema.decode(BatonActionSchema.encode(schema).finish())).toMatchObject({
    name: "disable_user",
    actionType: [ActionType.ACTION_TYPE_ACCOUNT_DISABLE],
    resourceTypeId: "",
    arguments: [
      {
        name: "user_id",
        isRequired: true,
        field: { $case: "stringField", value: { rules: { isRequired: true } } },
      },
    ],
    returnTypes: [{ name: "success", isRequired: false, field: { $case: "boolField" } }],
  });
});
