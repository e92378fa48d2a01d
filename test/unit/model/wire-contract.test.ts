import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  ScalarType,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import contract from "../../golden/wire-contract.json" with { type: "json" };

/**
 * `test/golden/wire-contract.json` states the contract as baton-sdk v0.25.0 speaks it: per field its
 * number, label, type and oneof, per method its messages, per enum its numbers. The compiled descriptors
 * must say the same.
 */

type Table = Record<string, Record<string, string | number>>;

const bytes = readFileSync(join(import.meta.dirname, "../../../gen/descriptors.binpb"));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
const ours = [...registry].filter((type) => type.typeName.startsWith("c1."));

const isMessage = (type: { kind: string }): type is DescMessage => type.kind === "message";
const isEnum = (type: { kind: string }): type is DescEnum => type.kind === "enum";
const isService = (type: { kind: string }): type is DescService => type.kind === "service";

function table<Type extends { typeName: string }, Member extends { name: string }>(
  types: Type[],
  membersOf: (type: Type) => Member[],
  describeMember: (member: Member) => string | number,
): Table {
  return Object.fromEntries(
    types.map((type) => [
      type.typeName,
      Object.fromEntries(membersOf(type).map((member) => [member.name, describeMember(member)])),
    ]),
  );
}

function describeField(field: DescField): string {
  const { label, type } = labelAndType(field);
  const oneof = field.oneof === undefined ? "" : `oneof ${field.oneof.name}`;
  return [field.number, label, type, oneof, field.deprecated ? "deprecated" : ""].filter(Boolean).join(" ");
}

function labelAndType(field: DescField): { label: string; type: string } {
  if (field.fieldKind === "map") {
    return { label: "", type: `map<${scalarName(field.mapKey)}, ${valueType(field)}>` };
  }
  if (field.fieldKind === "list") return { label: "repeated", type: valueType(field) };
  return { label: field.proto.proto3Optional ? "optional" : "", type: valueType(field) };
}

function valueType(field: DescField): string {
  return field.message?.typeName ?? field.enum?.typeName ?? scalarName(field.scalar);
}

function scalarName(scalar: ScalarType | undefined): string {
  return scalar === undefined ? "?" : ScalarType[scalar].toLowerCase();
}

function describeMethod(method: DescMethod): string {
  const { clientStreaming, serverStreaming } = method.proto;
  const input = `${clientStreaming ? "stream " : ""}${method.input.typeName}`;
  return `${input} -> ${serverStreaming ? "stream " : ""}${method.output.typeName}`;
}

describe("the compiled contract", () => {
  test("has every message with the fields of the reference and no others", () => {
    expect(table(ours.filter(isMessage), (message) => message.fields, describeField)).toEqual(
      contract.messages,
    );
  });

  test("has every enum with the numbers of the reference and no others", () => {
    const enums = table(
      ours.filter(isEnum),
      (type) => type.values,
      ({ number }) => number,
    );
    expect(enums).toEqual(contract.enums);
  });

  test("has every service with the methods of the reference and no others", () => {
    expect(table(ours.filter(isService), (service) => service.methods, describeMethod)).toEqual(
      contract.services,
    );
  });

  test("holds every service that a connector serves", () => {
    const served = [
      "AccountManagerService",
      "ActionService",
      "AssetService",
      "ConnectorService",
      "CredentialManagerService",
      "EntitlementsService",
      "EventService",
      "GrantManagerService",
      "GrantsService",
      "ResourceDeleterService",
      "ResourceGetterService",
      "ResourceManagerService",
      "ResourceTypesService",
      "ResourcesService",
      "TicketsService",
    ].map((name) => `c1.connector.v2.${name}`);
    const names = ours.filter(isService).map(({ typeName }) => typeName);
    expect(names).toEqual(expect.arrayContaining([...served, "c1.ratelimit.v1.RateLimiterService"]));
  });

  test("declares fields in the order of their numbers, in which they are then encoded", () => {
    const unordered = ours
      .filter(isMessage)
      .filter(({ fields }) => fields.some(({ number }, index) => number < (fields[index - 1]?.number ?? 0)))
      .map(({ typeName }) => typeName);
    expect(unordered).toEqual([]);
  });
});
