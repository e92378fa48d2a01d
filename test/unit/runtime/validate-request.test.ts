import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import * as action from "#gen/c1/connector/v2/action.ts";
import * as asset from "#gen/c1/connector/v2/asset.ts";
import * as connector from "#gen/c1/connector/v2/connector.ts";
import * as entitlement from "#gen/c1/connector/v2/entitlement.ts";
import * as eventFeed from "#gen/c1/connector/v2/event_feed.ts";
import * as grant from "#gen/c1/connector/v2/grant.ts";
import * as resource from "#gen/c1/connector/v2/resource.ts";
import * as ticket from "#gen/c1/connector/v2/ticket.ts";
import * as rateLimit from "#gen/c1/ratelimit/v1/ratelimit.ts";
import { Code } from "#kernel/errors.ts";
import { REQUEST_TYPES, validateRequest } from "#runtime/validate-request.ts";
import golden from "../../golden/request-rules.json" with { type: "json" };

/**
 * `test/golden/request-rules.json` states the rules as connectors built with baton-sdk v0.25.0 apply them.
 * For every request, and every rule on the way into it, a request that just keeps the rule must pass and one
 * that breaks nothing else must be refused, with the path to the field in the message.
 */

interface Rule {
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly minLen?: number;
  readonly minItems?: number;
  readonly lte?: number | string;
  readonly gte?: number | string;
  readonly ignoreEmpty?: boolean;
  readonly required?: boolean;
  readonly email?: boolean;
  readonly unique?: boolean;
  readonly definedOnly?: boolean;
  readonly pattern?: string;
}

const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = golden.rules;

const descriptors = readFileSync(join(import.meta.dirname, "../../../gen/descriptors.binpb"));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
const codecs: Readonly<Record<string, unknown>> = {
  ...action,
  ...asset,
  ...connector,
  ...entitlement,
  ...eventFeed,
  ...grant,
  ...resource,
  ...ticket,
  ...rateLimit,
};

function messageType(name: string): DescMessage {
  const found = registry.getMessage(name);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}

function ruleOf(field: DescField): Rule | undefined {
  return RULES[field.parent.typeName]?.[field.name];
}

type Fields = Record<string, JsonValue>;

/** A message with just what its rules demand to be there, so that only the field under test can be at fault. */
function minimal(type: DescMessage): Fields {
  const fields: Fields = {};
  for (const field of type.fields) {
    const rule = ruleOf(field);
    if (rule === undefined || field.oneof !== undefined || rule.ignoreEmpty) continue;
    if (rule.required && field.message) fields[field.jsonName] = minimal(field.message);
    else if (rule.email) fields[field.jsonName] = "a@example.com";
    else if (rule.minBytes || rule.minLen) fields[field.jsonName] = "x";
    else if (rule.minItems && field.message) fields[field.jsonName] = [minimal(field.message)];
    else if (typeof rule.gte === "number") fields[field.jsonName] = rule.gte;
  }
  return fields;
}

/** The fields from a request down to one that has a rule. */
type Path = readonly [DescField, ...DescField[]];

function findPaths(type: DescMessage): Path[] {
  return type.fields.flatMap((field): Path[] => {
    const own: Path[] = ruleOf(field) === undefined ? [] : [[field]];
    // Maps have no rules; through them alone can a message contain itself.
    if (field.fieldKind === "map" || !field.message?.typeName.startsWith("c1.")) return own;
    return [...own, ...findPaths(field.message).map((path): Path => [field, ...path])];
  });
}

/** A request that is valid but perhaps for `value` at the end of the path; undefined leaves the field out. */
function requestWith(type: DescMessage, [field, ...rest]: Path, value: JsonValue | undefined): Fields {
  const fields = minimal(type);
  delete fields[field.jsonName];
  const [next, ...others] = rest;
  if (next === undefined || field.message === undefined) {
    if (value !== undefined) fields[field.jsonName] = value;
    return fields;
  }
  const inner = requestWith(field.message, [next, ...others], value);
  fields[field.jsonName] = field.fieldKind === "list" ? [inner] : inner;
  return fields;
}

/** The problem with a request, sent through the encoding and the generated decoder. */
function problemOf(type: DescMessage, fields: Fields): string | undefined {
  const codec = codecs[type.name];
  if (typeof codec !== "object" || codec === null || !("decode" in codec)) throw new Error(type.typeName);
  if (typeof codec.decode !== "function") throw new Error(type.typeName);
  const error = validateRequest(type.typeName, codec.decode(toBinary(type, fromJson(type, fields))));
  if (error !== undefined) expect(error.code).toBe(Code.InvalidArgument);
  return error?.message;
}

/** How the message names the path: one `invalid <Message>.<Field>: ` for each step. */
function expectedSteps(path: Path): string[] {
  return path.map((field, index) => {
    const message = field.parent.typeName.replace(/^(c1\.\w+\.v\d\.)/, "").replaceAll(".", "_");
    const name = field.localName.charAt(0).toUpperCase() + field.localName.slice(1);
    const isListItem = field.fieldKind === "list" && index < path.length - 1;
    return `invalid ${message}.${name}${isListItem ? "[0]" : ""}: `;
  });
}

interface Values {
  readonly good: readonly (JsonValue | undefined)[];
  readonly bad: readonly (JsonValue | undefined)[];
}

function valuesFor(field: DescField, rule: Rule): Values {
  if (rule.required && field.message) return { good: [minimal(field.message)], bad: [undefined] };
  if (rule.email) return { good: ["a@example.com"], bad: ["nobody", "", "a@-.com"] };
  if (rule.pattern) return { good: ["a_B-1"], bad: ["a b", "é", "", "x".repeat(129)] };
  if (rule.unique) return { good: [[], [1, 2]], bad: [[1, 2, 1], [9999]] };
  if (rule.definedOnly) return { good: [0, 1], bad: [9999, -1] };
  if (rule.minItems) return { good: [field.message ? [minimal(field.message)] : []], bad: [[]] };
  if (rule.minLen) return { good: ["x"], bad: [""] };
  if (rule.lte === "86400s") {
    return { good: [undefined, "0s", "86400s"], bad: ["-0.000000001s", "86400.000000001s"] };
  }
  if (typeof rule.lte === "number") {
    const gte = typeof rule.gte === "number" ? [rule.gte] : [];
    return { good: [rule.lte, ...gte], bad: [rule.lte + 1, ...gte.map((bound) => bound - 1)] };
  }
  if (rule.maxBytes === undefined) throw new Error(`no values for ${JSON.stringify(rule)}`);
  const longest = ["x".repeat(rule.maxBytes), "é".repeat(rule.maxBytes / 2)];
  const empty = rule.minBytes && !rule.ignoreEmpty ? { good: [], bad: [""] } : { good: [""], bad: [] };
  return { good: [...longest, ...empty.good], bad: [...longest.map((text) => `${text}x`), ...empty.bad] };
}

describe.each(golden.requests)("%s", (typeName) => {
  const type = messageType(typeName);
  const paths = findPaths(type);

  test("is accepted when it has just what it needs", () => {
    expect(problemOf(type, minimal(type))).toBeUndefined();
  });

  if (paths.length === 0) return;
  test.each(paths.map((path) => [path.map(({ name }) => name).join("."), path] as const))(
    "keeps the rule of %s",
    (_, path) => {
      const field = path.at(-1) ?? path[0];
      const { good, bad } = valuesFor(field, ruleOf(field) ?? {});
      for (const value of good) expect(problemOf(type, requestWith(type, path, value))).toBeUndefined();
      for (const value of bad) {
        const problem = problemOf(type, requestWith(type, path, value)) ?? "accepted";
        const steps = problem.split("embedded message failed validation | caused by: ");
        const expected = expectedSteps(path);
        expect(steps).toHaveLength(expected.length);
        for (const [index, step] of steps.entries()) {
          expect(step.replace(/\[\d\]: value must be|\[\d\]: repeated/, ": ")).toContain(expected[index]);
        }
      }
    },
  );
});

test("the rules name exactly the requests of the services that are served", () => {
  expect([...REQUEST_TYPES].toSorted()).toEqual(golden.requests);
});

test("a request that no service takes is an error, not accepted unseen", () => {
  expect(validateRequest("c1.connector.v2.Nonesuch", {})?.code).toBe(Code.Internal);
});

test("the message tells the way to the fault, as connectors written in Go tell it", () => {
  const request = grant.GrantManagerServiceGrantRequest.fromPartial({
    entitlement: { id: "e", resource: { id: { resourceType: "org", resource: "" } } },
    principal: {},
  });
  expect(validateRequest("c1.connector.v2.GrantManagerServiceGrantRequest", request)?.message).toBe(
    "invalid GrantManagerServiceGrantRequest.Entitlement: embedded message failed validation | caused by: " +
      "invalid Entitlement.Resource: embedded message failed validation | caused by: " +
      "invalid Resource.Id: embedded message failed validation | caused by: " +
      "invalid ResourceId.Resource: value length must be between 1 and 1024 bytes, inclusive",
  );
});
