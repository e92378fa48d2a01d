import { BatonError, Code } from "#kernel/errors.ts";

/**
 * The JSON text in which an unfinished sync remembers where it continues. Keys, forms and rules are those of
 * baton-sdk v0.25.0, so that either host can go on where the other one stopped.
 */

export const OPERATIONS = [
  "init",
  "list-resource-types",
  "list-resources",
  "list-static-entitlements",
  "list-entitlements",
  "list-grants",
  "grant-expansion",
  "targeted-resource-sync",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One pending piece of work. Texts that do not apply are empty. */
export interface SyncAction {
  /** Ten decimal digits; ids ascend and are never used twice. */
  readonly id: string;
  readonly operation: Operation;
  /** Where the listing continues: the connector's token, or a store cursor for actions that walk stored rows. */
  readonly pageToken: string;
  readonly resourceTypeId: string;
  readonly resourceId: string;
  readonly parentResourceTypeId: string;
  readonly parentResourceId: string;
  /** Made from a cursor that the connector added to a response. */
  readonly spawned: boolean;
  /** One listing for a whole resource type instead of one per resource. */
  readonly typeScoped: boolean;
  /** Of a phase's root action: the type-scoped listings have been scheduled. */
  readonly typeScopedPlanned: boolean;
}

/** Facts that hold for the whole sync. */
export interface SyncFlags {
  needsExpansion: boolean;
  hasExternalResourceGrants: boolean;
  shouldFetchRelatedResources: boolean;
  shouldSkipEntitlementsAndGrants: boolean;
  shouldSkipGrants: boolean;
}

export interface SyncToken {
  /** Bottom of the stack first. */
  readonly actions: readonly SyncAction[];
  readonly nextId: number;
  readonly completed: number;
  readonly flags: SyncFlags;
  /** What another host recorded and wants back; passed on as it is. */
  readonly extra: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

const PASSED_ON = [
  "step_durations_ms",
  "connector_call_stats",
  "session_store_stats",
  "ingest_quality",
  "compaction",
];

/** Hosts that do not know whole-type listings and added cursors must not go on with a token that has them. */
const VERSION_PLAIN = 1;
const VERSION_SCOPED = 2;

export function serializeToken(token: SyncToken): string {
  const { actions, flags } = token;
  const isScoped = actions.some(
    ({ spawned, typeScoped, typeScopedPlanned }) => spawned || typeScoped || typeScopedPlanned,
  );
  return JSON.stringify({
    ...(actions.length === 0
      ? {}
      : {
          actions_map: Object.fromEntries(actions.map((action) => [action.id, serializeAction(action)])),
          action_order: actions.map(({ id }) => id),
        }),
    current_action_id: token.nextId || undefined,
    needs_expansion: flags.needsExpansion || undefined,
    has_external_resource_grants: flags.hasExternalResourceGrants || undefined,
    should_fetch_related_resources: flags.shouldFetchRelatedResources || undefined,
    should_skip_entitlements_and_grants: flags.shouldSkipEntitlementsAndGrants || undefined,
    should_skip_grants: flags.shouldSkipGrants || undefined,
    completed_actions_count: token.completed || undefined,
    ...token.extra,
    version: isScoped ? VERSION_SCOPED : VERSION_PLAIN,
  });
}

function serializeAction(action: SyncAction): Json {
  return {
    id: action.id,
    operation: action.operation,
    // The graph that this cursor pointed into is rebuilt, so expansion always starts over.
    page_token: action.operation === "grant-expansion" ? undefined : action.pageToken || undefined,
    resource_type_id: action.resourceTypeId || undefined,
    resource_id: action.resourceId || undefined,
    parent_resource_type_id: action.parentResourceTypeId || undefined,
    parent_resource_id: action.parentResourceId || undefined,
    spawned: action.spawned || undefined,
    type_scoped: action.typeScoped || undefined,
    type_scoped_planned: action.typeScopedPlanned || undefined,
  };
}

/**
 * Reads a token in today's form or in that of older hosts. A token of a version from the future has no
 * actions for us, which begins the sync anew.
 *
 * @throws BatonError DataLoss if the text is not a token or breaks a rule that would make the sync go wrong.
 */
export function parseToken(text: string): SyncToken {
  const json = parseJson(text);
  const isKnown = json["version"] === VERSION_PLAIN || json["version"] === VERSION_SCOPED;
  const actions = isKnown ? readActions(json) : readOldActions(json);
  const highest = actions.reduce((max, { id }) => Math.max(max, Number(id)), -1);
  const nextId = isKnown ? readCount(json, "current_action_id") : highest + 1;
  if (nextId <= highest)
    throw corrupt(`the next action would be number ${nextId}, but there is a number ${highest}`);
  return {
    actions,
    nextId,
    completed: readCount(json, "completed_actions_count"),
    flags: {
      needsExpansion: json["needs_expansion"] === true,
      hasExternalResourceGrants: json["has_external_resource_grants"] === true,
      shouldFetchRelatedResources: json["should_fetch_related_resources"] === true,
      shouldSkipEntitlementsAndGrants: json["should_skip_entitlements_and_grants"] === true,
      shouldSkipGrants: json["should_skip_grants"] === true,
    },
    extra: Object.fromEntries(PASSED_ON.filter((key) => key in json).map((key) => [key, json[key]])),
  };
}

function readActions(json: Json): SyncAction[] {
  const map = json["actions_map"] ?? {};
  const order: unknown = json["action_order"] ?? [];
  if (!isObject(map) || !Array.isArray(order)) throw corrupt("its list of actions has the wrong form");
  let previous = "";
  return order.map((id: unknown) => {
    if (typeof id !== "string" || !/^\d{10}$/u.test(id)) throw corrupt("an action has no proper id");
    if (id <= previous) throw corrupt("its actions are not in order");
    previous = id;
    if (!Object.hasOwn(map, id)) throw corrupt(`action ${id} is missing`);
    return readAction(id, map[id]);
  });
}

/** Before versions existed: a stack without its top, and the top. */
function readOldActions(json: Json): SyncAction[] {
  const below: unknown = json["actions"] ?? [];
  if (!Array.isArray(below)) throw corrupt("its list of actions has the wrong form");
  const current: unknown = json["current_action"] ?? undefined;
  const stack: unknown[] = current === undefined ? below : [...below, current];
  return stack.map((action, index) => readAction(formatActionId(index), action));
}

function readAction(id: string, json: unknown): SyncAction {
  if (!isObject(json)) throw corrupt(`action ${id} has the wrong form`);
  const operation = OPERATIONS.find((known) => known === json["operation"]);
  if (operation === undefined) throw corrupt(`action ${id} is of an unknown kind`);
  const readText = (key: string): string => {
    const value = json[key] ?? "";
    if (typeof value !== "string") throw corrupt(`"${key}" of action ${id} is not a string`);
    return value;
  };
  return {
    id,
    operation,
    pageToken: operation === "grant-expansion" ? "" : readText("page_token"),
    resourceTypeId: readText("resource_type_id"),
    resourceId: readText("resource_id"),
    parentResourceTypeId: readText("parent_resource_type_id"),
    parentResourceId: readText("parent_resource_id"),
    spawned: json["spawned"] === true,
    typeScoped: json["type_scoped"] === true,
    typeScopedPlanned: json["type_scoped_planned"] === true,
  };
}

export function formatActionId(number: number): string {
  return String(number).padStart(10, "0");
}

function parseJson(text: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw corrupt("it is not JSON", cause);
  }
  if (!isObject(json)) throw corrupt("it is not a JSON object");
  return json;
}

function readCount(json: Json, key: string): number {
  const value = json[key] ?? 0;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw corrupt(`"${key}" is not a count`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function corrupt(problem: string, cause?: unknown): BatonError {
  return new BatonError(
    Code.DataLoss,
    `the position of an unfinished sync cannot be read: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
