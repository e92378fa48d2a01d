import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { GrantManagerServiceGrantRequest as GrantRequest } from "#gen/c1/connector/v2/grant.ts";
import { Resource } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { decodeLean } from "#model/lean-decode.ts";

const decode = (bytes: Buffer) => GrantRequest.decode(bytes);

/** Fields that no message of the contract has, of every wire type. */
function writeUnknown(writer: BinaryWriter): BinaryWriter {
  writer.uint32((1023 << 3) | 0).uint32(7);
  writer.uint32((1023 << 3) | 1).fixed64(7n);
  writer.uint32((1023 << 3) | 2).string("new");
  return writer.uint32((1023 << 3) | 5).fixed32(7);
}

const principal = Resource.fromPartial({
  id: { resourceType: "user", resource: "ann" },
  profile: { _unknownFields: { "8": ["mine"] } },
});

/** A request with unknown fields in itself and in its principal. */
function makeRequest(): Buffer {
  const nested = writeUnknown(Resource.encode(principal)).finish();
  const known = GrantRequest.encode(GrantRequest.fromPartial({ entitlement: { id: "e" } }));
  return Buffer.from(writeUnknown(known.uint32((GRANT_PRINCIPAL << 3) | 2).bytes(nested)).finish());
}

/** Number of the field `principal`. */
const GRANT_PRINCIPAL = 2;

test("a request is read as if it had none, at any depth, and can be handed on", () => {
  const request = decodeLean(decode, makeRequest());
  const plain = GrantRequest.fromPartial({ entitlement: { id: "e" }, principal });
  expect(GrantRequest.encode(request).finish()).toEqual(GrantRequest.encode(plain).finish());
});

test("a profile may call an entry as generated code calls its own", () => {
  const { principal: read } = decodeLean(decode, makeRequest());
  expect(read?.profile).toEqual({ _unknownFields: { "8": ["mine"] } });
});

test.each([
  ["unknown", Buffer.from("f83f01", "hex")],
  ["known", Buffer.from("1a00", "hex")],
])("too many fields are refused (%s)", (_what, field) => {
  const bytes = Buffer.alloc(field.length * 1000, field);
  expect(() => decodeLean(decode, bytes, 999)).toThrow(
    expect.objectContaining({ code: Code.ResourceExhausted }),
  );
  expect(() => decodeLean(decode, bytes, 2000)).not.toThrow();
});
