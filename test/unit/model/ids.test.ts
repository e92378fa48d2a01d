import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import {
  formatResourceBid,
  formatResourceKey,
  isSameResource,
  makeEntitlementId,
  makeGrantId,
  makeResourceId,
  parseResourceBid,
} from "#model/ids.ts";

describe("ids", () => {
  const org = makeResourceId("org", "github/acme:x");

  test("join their parts with colons and escape nothing", () => {
    expect(formatResourceKey(org)).toBe("org:github/acme:x");
    expect(makeEntitlementId(org, "seat")).toBe("org:github/acme:x:seat");
    expect(makeGrantId("org:github/acme:x:seat", makeResourceId("user", "bob"))).toBe(
      "org:github/acme:x:seat:user:bob",
    );
  });

  test("are the same resource only if type and id agree", () => {
    expect(isSameResource(org, makeResourceId("org", "github/acme:x"))).toBe(true);
    expect(isSameResource(org, makeResourceId("user", "github/acme:x"))).toBe(false);
    expect(isSameResource(org, undefined)).toBe(false);
  });
});

describe("the Baton ID of a resource", () => {
  const part = fc.oneof(
    fc.string({ minLength: 1, unit: "binary" }),
    fc.string({ minLength: 1, unit: fc.constantFrom("\\", "/", ":", "a") }),
  );
  const key = fc.record({ resourceType: part, resource: part });

  test("is read back as what it was made of", () => {
    fc.assert(
      fc.property(key, fc.option(key, { nil: undefined }), (id, parent) => {
        const bid = parent === undefined ? { id } : { id, parent };
        expect(parseResourceBid(formatResourceBid(bid))).toEqual(bid);
      }),
    );
  });

  test.each([
    ["bid:r:user/bob", { id: { resourceType: "user", resource: "bob" } }],
    [
      "bid:r:org/acme/user/1\\/2\\:3\\\\4",
      {
        id: { resourceType: "user", resource: "1/2:3\\4" },
        parent: { resourceType: "org", resource: "acme" },
      },
    ],
  ])("is written as %s", (text, bid) => {
    expect(formatResourceBid(bid)).toBe(text);
    expect(parseResourceBid(text)).toEqual(bid);
  });

  test.each([
    ["", "begin with bid:r:"],
    ["user/bob", "begin with bid:r:"],
    ["bid:e:user/bob", "begin with bid:r:"],
    ["bid:r:", "empty"],
    ["bid:r:user", "1 parts"],
    ["bid:r:user/", "empty"],
    ["bid:r:/bob", "empty"],
    ["bid:r:org/acme/user", "3 parts"],
    ["bid:r:a/b/c/d/e", "5 parts"],
    ["bid:r:user/bob:seat", "colon"],
    ["bid:r:user/b\\ob", "backslash"],
    ["bid:r:user/bob\\", "backslash"],
  ])("is refused if it is %j, with the reason", (text, reason) => {
    expect(() => parseResourceBid(text)).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument, message: expect.stringContaining(reason) }),
    );
  });

  test("is not made of empty parts", () => {
    expect(() => formatResourceBid({ id: { resourceType: "user", resource: "" } })).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument }),
    );
  });
});
