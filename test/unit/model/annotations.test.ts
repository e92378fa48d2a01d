import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { RateLimitDescription } from "#gen/c1/ratelimit/v1/ratelimit.ts";
import {
  ANNOTATION_NAMES,
  Any,
  findAnnotation,
  findAnnotations,
  hasAnnotation,
  packAnnotation,
  packAny,
  withAnnotation,
} from "#model/annotations.ts";

const child = (resourceTypeId: string) => packAnnotation("ChildResourceType", { resourceTypeId });

describe("annotations", () => {
  test("carry the full message name in their type URL", () => {
    expect(packAnnotation("RawId", { id: "7" })).toMatchObject({
      typeUrl: "type.googleapis.com/c1.connector.v2.RawId",
      value: Buffer.from([0x0a, 0x01, 0x37]),
    });
    const details = packAny(
      "c1.ratelimit.v1.RateLimitDescription",
      RateLimitDescription,
      RateLimitDescription.create(),
    );
    expect(details.typeUrl).toBe("type.googleapis.com/c1.ratelimit.v1.RateLimitDescription");
  });

  test("are found by type, the first one first", () => {
    const list = [packAnnotation("SkipGrants"), child("team"), child("repo")];
    expect(findAnnotation(list, "ChildResourceType")?.resourceTypeId).toBe("team");
    expect(findAnnotations(list, "ChildResourceType").map(({ resourceTypeId }) => resourceTypeId)).toEqual([
      "team",
      "repo",
    ]);
    expect(findAnnotation(list, "RawId")).toBeUndefined();
    expect(hasAnnotation(list, "SkipGrants")).toBe(true);
    expect(hasAnnotation(list, "SkipEntitlements")).toBe(false);
  });

  test("are recognized by what follows the last slash, with any host before it", () => {
    const other = Any.fromPartial({ typeUrl: "example.com/x/c1.connector.v2.RawId", value: child("").value });
    expect(hasAnnotation([other], "RawId")).toBe(true);
    expect(hasAnnotation([{ ...other, typeUrl: "c1.connector.v2.NotRawId" }], "RawId")).toBe(false);
  });

  test("are not taken for others whose names or packages end alike", () => {
    const isUserTrait = (typeUrl: string) => hasAnnotation([{ typeUrl }], "UserTrait");
    expect(isUserTrait("c1.connector.v2.UserTrait")).toBe(true);
    for (const typeUrl of [
      "x/c1.connector.v2.SuperUserTrait",
      "x/c1.connector.v3.UserTrait",
      "x/acme.c1.connector.v2.UserTrait",
      "UserTrait",
      "",
    ]) {
      expect([typeUrl, isUserTrait(typeUrl)]).toEqual([typeUrl, false]);
    }
  });

  test("take the place of the first one of their type, or come last", () => {
    const list = [child("a"), packAnnotation("SkipGrants"), child("b")];
    expect(
      findAnnotations(withAnnotation(list, child("c")), "ChildResourceType").map(
        (found) => found.resourceTypeId,
      ),
    ).toEqual(["c", "b"]);
    expect(withAnnotation(list, packAnnotation("RawId", { id: "1" })).at(3)?.typeUrl).toContain("RawId");
    expect(list).toHaveLength(3);
  });

  test("keep their profile in canonical order", () => {
    const [first, second] = [
      { b: 1, "10": 2, "9": 3 },
      { "9": 3, b: 1, "10": 2 },
    ].map((profile) => packAnnotation("UserTrait", { profile }));
    expect(first?.value.equals(second?.value ?? Buffer.alloc(0))).toBe(true);
    expect(first?.value.toString("latin1")).toMatch(/10.*9.*b/s);
  });

  test("are all messages of the contract", () => {
    const bytes = readFileSync(join(import.meta.dirname, "../../../gen/descriptors.binpb"));
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
    const unknown = ANNOTATION_NAMES.filter(
      (name) => registry.getMessage(`c1.connector.v2.${name}`) === undefined,
    );
    expect(unknown).toEqual([]);
  });
});
