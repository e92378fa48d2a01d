import type { CallContext } from "#kernel/context.ts";
import { type ActionFieldOptions, ActionType, makeActionSchema } from "#model/action.ts";
import type { Action, ActionStruct } from "#runtime/connector.ts";

/** One argument or result of an action. */
export interface ActionField {
  /** Display name; default its name in the code. */
  readonly name?: string;
  readonly description?: string;
  /** Default `text`. */
  readonly type?: "text" | "flag";
  /** The action is not run without it. */
  readonly required?: boolean;
}

/** Arguments or results by their names in snake case, as hosts send them. */
export type ActionFields = Readonly<Record<string, ActionField>>;

type ValueOf<Field> = Field extends { readonly type: "flag" } ? boolean : string;

/** The arguments that an action gets; what is not required can be absent. */
export type ActionArguments<Fields extends ActionFields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends { readonly required: true }
    ? ValueOf<Fields[Name]>
    : ValueOf<Fields[Name]> | undefined;
};

/** The results that an action gives. */
export type ActionResults<Fields extends ActionFields> = {
  readonly [Name in keyof Fields]: ValueOf<Fields[Name]>;
};

const KINDS = {
  "update-profile": ActionType.ACTION_TYPE_ACCOUNT_UPDATE_PROFILE,
  "disable-account": ActionType.ACTION_TYPE_ACCOUNT_DISABLE,
  "enable-account": ActionType.ACTION_TYPE_ACCOUNT_ENABLE,
  other: ActionType.ACTION_TYPE_DYNAMIC,
} as const;

/** A named operation outside grants. */
export interface ActionSpec<Client, Takes extends ActionFields, Gives extends ActionFields> {
  /** Display name. */
  readonly name: string;
  readonly description: string;
  /** What kind of operation it is; hosts offer known kinds in the right place. Default `other`. */
  readonly kind?: keyof typeof KINDS;
  /** Type of the resources that it works on, if any. */
  readonly on?: string;
  readonly takes?: Takes;
  readonly gives?: Gives;
  /** Runs it to its end. Never run without `--provisioning`. */
  run(client: Client, args: ActionArguments<Takes>, ctx: CallContext): Promise<ActionResults<NoInfer<Gives>>>;
}

/** An action, ready to be listed in `actions`. */
export interface DefinedAction<Client> {
  build(client: () => Promise<Client>): Action;
}

/** Defines an action by its id in snake case, for example `suspend_user`. */
export type DefineAction<Client> = <
  const Takes extends ActionFields = Record<never, never>,
  const Gives extends ActionFields = Record<never, never>,
>(
  id: string,
  spec: ActionSpec<Client, Takes, Gives>,
) => DefinedAction<Client>;

/** What `actions` of a connector is called with. */
export function makeActionKit<Client>(): DefineAction<Client> {
  return (id, spec) => ({
    build: (client) => ({
      schema: makeActionSchema({
        name: id,
        displayName: spec.name,
        description: spec.description,
        types: [KINDS[spec.kind ?? "other"]],
        ...(spec.on === undefined ? {} : { resourceTypeId: spec.on }),
        arguments: toFields(spec.takes),
        results: toFields(spec.gives),
      }),
      async invoke(args: ActionStruct, ctx) {
        const results: unknown = await spec.run(await client(), readArguments(spec.takes ?? {}, args), ctx);
        return { response: { ...toStruct(results) } };
      },
    }),
  });
}

function toFields(fields: ActionFields = {}): ActionFieldOptions[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    displayName: field.name ?? name,
    ...(field.description === undefined ? {} : { description: field.description }),
    kind: field.type === "flag" ? "bool" : "string",
    required: field.required ?? false,
  }));
}

/** What is declared; the runtime has checked that it is there and of its type. */
function readArguments<Fields extends ActionFields>(
  fields: Fields | Record<never, never>,
  args: ActionStruct,
): ActionArguments<Fields> {
  const entries = Object.keys(fields).map((name) => [name, args[name] ?? undefined]);
  return Object.fromEntries(entries) as ActionArguments<Fields>;
}

function toStruct(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
