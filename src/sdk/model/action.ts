import { Field } from "#gen/c1/config/v1/config.ts";
import { ActionType, BatonActionSchema } from "#gen/c1/connector/v2/action.ts";

export {
  /**
   * What kind of operation an action is; hosts offer known kinds in the right place.
   *
   * @example
   * const types = [ActionType.ACTION_TYPE_ACCOUNT, ActionType.ACTION_TYPE_ACCOUNT_DISABLE];
   */
  ActionType,
  BatonActionSchema,
};

/** One argument or result of an action. */
export interface ActionFieldOptions {
  /** In snake case, as hosts send it. */
  readonly name: string;
  readonly displayName: string;
  readonly description?: string;
  readonly kind: "string" | "bool";
  readonly required?: boolean;
}

export interface ActionSchemaOptions {
  /** In snake case, for example `disable_user`. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** What kind of operation it is; hosts offer known kinds in the right place. */
  readonly types: readonly ActionType[];
  /** Type of the resources that it works on; none if absent. */
  readonly resourceTypeId?: string;
  readonly arguments: readonly ActionFieldOptions[];
  readonly results: readonly ActionFieldOptions[];
}

/**
 * The schema by which hosts show and call an action.
 *
 * @example
 * const schema = makeActionSchema({
 *   name: "disable_user",
 *   displayName: "Disable a user",
 *   description: "Lets nobody sign in as the user any more.",
 *   types: [ActionType.ACTION_TYPE_ACCOUNT, ActionType.ACTION_TYPE_ACCOUNT_DISABLE],
 *   arguments: [{ name: "user_id", displayName: "User id", kind: "string", required: true }],
 *   results: [{ name: "success", displayName: "Success", kind: "bool" }],
 * });
 */
export function makeActionSchema(options: ActionSchemaOptions): BatonActionSchema {
  return BatonActionSchema.fromPartial({
    name: options.name,
    displayName: options.displayName,
    description: options.description,
    actionType: [...options.types],
    resourceTypeId: options.resourceTypeId ?? "",
    arguments: options.arguments.map(makeField),
    returnTypes: options.results.map(makeField),
  });
}

function makeField({ name, displayName, description, kind, required = false }: ActionFieldOptions): Field {
  const field =
    kind === "string"
      ? ({ $case: "stringField", value: required ? { rules: { isRequired: true } } : {} } as const)
      : ({ $case: "boolField", value: {} } as const);
  return Field.fromPartial({
    name,
    displayName,
    description: description ?? "",
    isRequired: required,
    field,
  });
}
