import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareUtf8, isEmailAddress, toWellFormed, truncateUtf8, utf8Length } from "#model/utf8.ts";

/** Any UTF-16 string, with halves of surrogate pairs. */
const anyString = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});
/** Text with code points of every length in UTF-8, close to the borders between them. */
const text = fc.string({
  unit: fc.constantFrom("a", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{ffff}", "\u{10000}", "😀"),
});

describe("truncateUtf8", () => {
  test("keeps the longest beginning that fits and never part of a code point", () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 40 }), (whole, max) => {
        const points = Array.from(whole);
        const kept = Array.from(truncateUtf8(whole, max));
        expect(points.slice(0, kept.length)).toEqual(kept);
        expect(utf8Length(kept.join(""))).toBeLessThanOrEqual(max);
        const next = points[kept.length];
        if (next !== undefined) expect(utf8Length(kept.join("") + next)).toBeGreaterThan(max);
      }),
    );
  });

  test("gives well-formed text within the limit for any string", () => {
    fc.assert(
      fc.property(anyString, fc.nat({ max: 40 }), (whole, max) => {
        const cut = truncateUtf8(whole, max);
        expect(cut.isWellFormed()).toBe(true);
        expect(utf8Length(cut)).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("leaves a text of exactly the limit alone", () => {
    expect(truncateUtf8("é".repeat(512), 1024)).toBe("é".repeat(512));
    expect(truncateUtf8(`${"é".repeat(512)}x`, 1024)).toBe("é".repeat(512));
    expect(truncateUtf8("😀", 3)).toBe("");
  });
});

test("toWellFormed replaces halves of surrogate pairs and nothing else", () => {
  expect(toWellFormed("a\ud800b\udc00c😀")).toBe("a\ufffdb\ufffdc😀");
});

test("compareUtf8 orders as the bytes are ordered", () => {
  const wellFormed = fc.oneof(text, fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(compareUtf8("\u{ffff}", "\u{10000}")).toBeLessThan(0);
});

describe("isEmailAddress", () => {
  test.each([
    "a@example.com",
    "first.last+tag@sub.example.co.uk",
    "jörg@example.com",
    "!#$%&'*+/=?^_`{|}~-@example.com",
    "x@localhost",
    "X@EXAMPLE.COM",
    `${"l".repeat(64)}@example.com`,
    `a@${"h".repeat(63)}.com`,
  ])("accepts %s", (address) => expect(isEmailAddress(address)).toBe(true));

  test.each([
    "",
    "nobody",
    "@example.com",
    "a@",
    "a@@example.com",
    " a@example.com",
    "a@example.com ",
    "a b@example.com",
    "Name <a@example.com>",
    "a@b@example.com",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    "a@example..com",
    "a@.com",
    "a@example.com.",
    "a@-example.com",
    "a@example-.com",
    "a@exa_mple.com",
    "a@exämple.com",
    "a\ud800@example.com",
    "a\n@example.com",
    `${"l".repeat(65)}@example.com`,
    `${"é".repeat(33)}@example.com`,
    `a@${"h".repeat(64)}.com`,
    `a@${`${"h".repeat(62)}.`.repeat(4)}com`,
  ])("refuses %j", (address) => expect(isEmailAddress(address)).toBe(false));
});
