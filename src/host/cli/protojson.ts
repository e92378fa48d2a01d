/**
 * Protobuf's JSON form, as `capabilities` and the event feed print it. Loaded only by commands that print
 * messages: reading the descriptors takes about 10 ms.
 */

import { createFileRegistry, fromBinary, type JsonValue, type Registry, toJson } from "@bufbuild/protobuf";
import { AnySchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBase64 } from "#gen/descriptors.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** Turns encoded messages into JSON values. */
export class JsonPrinter {
  readonly #options: { readonly registry: Registry; readonly useProtoFieldName: boolean };

  /** @param contractKeys whether keys are spelled as in the contract (`display_name`) instead of `displayName` */
  constructor({ contractKeys = false } = {}) {
    const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, "base64"));
    this.#options = { registry: createFileRegistry(set), useProtoFieldName: contractKeys };
  }

  /** @param typeName full name of the message, for example `c1.connector.v2.Event` */
  toJson(typeName: string, bytes: Uint8Array): unknown {
    const descriptor = this.#options.registry.getMessage(typeName);
    if (descriptor === undefined) throw new BatonError(Code.Internal, `unknown message type ${typeName}`);
    return withTypesFirst(toJson(descriptor, fromBinary(descriptor, bytes), this.#options));
  }

  /** The message as the content of an `Any`: an object whose `@type` says what it is. */
  toTypedJson(typeName: string, bytes: Uint8Array): unknown {
    const any = { $typeName: AnySchema.typeName, typeUrl: `type.googleapis.com/${typeName}`, value: bytes };
    return withTypesFirst(toJson(AnySchema, any, this.#options));
  }
}

/** Go writes the type of an `Any` before its fields, the library here after them. */
function withTypesFirst(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(withTypesFirst);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json).map(([key, value]): [string, JsonValue] => [
    key,
    withTypesFirst(value),
  ]);
  const isType = ([key]: [string, JsonValue]) => key === "@type";
  return Object.fromEntries([...entries.filter(isType), ...entries.filter((entry) => !isType(entry))]);
}
