import { describe, expect, it } from "vitest";
import { RateGate, readRateLimit, readRetryAfter } from "#http/rate-limit.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe("Retry-After", () => {
  it.each([
    ["seconds", "120", NOW + 120_000],
    ["zero seconds", "0", NOW],
    ["an HTTP date", "Fri, 02 Jan 2026 03:05:05 GMT", NOW + 60_000],
    ["an RFC 850 date", "Friday, 02-Jan-26 03:05:05 GMT", NOW + 60_000],
    ["a point in time in seconds", String(NOW / 1000 + 9), NOW + 9_000],
    ["a point in time in milliseconds", String(NOW + 9_000), NOW + 9_000],
    ["text", "soon", undefined],
    ["a negative number", "-5", undefined],
    ["nothing", " ", undefined],
    ["absent", undefined, undefined],
  ])("is understood if it is %s", (_, value, expected) => {
    expect(readRetryAfter(value, NOW)).toBe(expected);
  });
});

describe("quota headers", () => {
  it.each(["x-ratelimit", "ratelimit", "x-ratelimit-requests", "x-rate-limit"])(
    "of the family %s are read",
    (family) => {
      const headers = {
        [`${family}-limit`]: "90, 90;w=60",
        [`${family}-remaining`]: "7",
        [`${family}-reset`]: "30",
      };
      expect(readRateLimit(200, headers, NOW)).toEqual({ limit: 90, remaining: 7, resetAt: NOW + 30_000 });
    },
  );

  it("give way to Retry-After", () => {
    const headers = { "x-ratelimit-reset": "30", "retry-after": "60" };
    expect(readRateLimit(503, headers, NOW)).toEqual({ resetAt: NOW + 60_000 });
  });

  it("are not needed to know that a refusal for rate leaves nothing", () => {
    expect(readRateLimit(429, { "x-ratelimit-remaining": "5" }, NOW)).toEqual({ remaining: 0 });
  });

  it("say nothing if there are none", () => {
    expect(readRateLimit(500, {}, NOW)).toBeUndefined();
  });
});

describe("the gate", () => {
  it("stays closed until the latest time it was told", () => {
    const gate = new RateGate();
    expect(gate.closedUntil(NOW)).toBeUndefined();
    gate.closeUntil(NOW + 50);
    gate.closeUntil(NOW + 20);
    expect(gate.closedUntil(NOW + 49)).toBe(NOW + 50);
    expect(gate.closedUntil(NOW + 50)).toBeUndefined();
  });
});
