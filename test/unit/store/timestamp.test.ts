import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { formatTimestamp, readStoredTime, TimestampSource, timestampAfter } from "#store/stored-time.ts";
import { ManualClock } from "./support.ts";

afterEach(() => vi.unstubAllEnvs());

describe("formatTimestamp", () => {
  test.each([
    { zone: "UTC", text: "2026-11-21 12:00:00.123456" },
    { zone: "Asia/Tokyo", text: "2026-11-21 21:00:00.123456" },
    { zone: "America/New_York", text: "2026-11-21 07:00:00.123456" },
  ])("writes the wall clock of the time zone $zone, without the zone", ({ zone, text }) => {
    vi.stubEnv("TZ", zone);
    expect(formatTimestamp(Date.UTC(2026, 10, 21, 12) * 1000 + 123_456)).toBe(text);
  });

  test("leaves out trailing zeros of the fraction, and the dot with all of them", () => {
    vi.stubEnv("TZ", "UTC");
    const noon = Date.UTC(2026, 2, 3, 12) * 1000;
    expect(formatTimestamp(noon)).toBe("2026-03-03 12:00:00");
    expect(formatTimestamp(noon + 500_000)).toBe("2026-03-03 12:00:00.5");
    expect(formatTimestamp(noon + 1)).toBe("2026-03-03 12:00:00.000001");
  });
});

describe("readStoredTime", () => {
  test.each([
    { text: "2026-11-21 00:10:44.189718691", millis: Date.UTC(2026, 10, 21, 0, 10, 44, 189), isZoned: false },
    { text: "2026-11-21T00:10:44Z", millis: Date.UTC(2026, 10, 21, 0, 10, 44), isZoned: true },
    { text: "2026-11-21 00:10:44+02:00", millis: Date.UTC(2026, 10, 20, 22, 10, 44), isZoned: true },
    { text: "2026-11-21", millis: Date.UTC(2026, 10, 21), isZoned: false },
  ])(
    "understands $text as programs write it, in whatever zone this one runs",
    ({ text, millis, isZoned }) => {
      for (const zone of ["UTC", "Asia/Kolkata", "America/St_Johns"]) {
        vi.stubEnv("TZ", zone);
        expect(readStoredTime(text)).toEqual({ millis, isZoned });
      }
    },
  );

  test.each(["yesterday", "2026-13-41 00:00:00", ""])("does not guess about %j", (text) => {
    expect(readStoredTime(text)).toBeUndefined();
  });
});

describe("timestampAfter", () => {
  test.each([
    { text: "2026-11-21 23:59:59.999999", next: "2026-11-22 00:00:00" },
    { text: "2026-11-21 00:10:44.189718691", next: "2026-11-21 00:10:44.189719" },
    { text: "2026-11-21 00:10:44", next: "2026-11-21 00:10:44.000001" },
  ])("is one microsecond after $text", ({ text, next }) => {
    expect(timestampAfter(text)).toBe(next);
  });

  test("sorts after any timestamp, whatever its layout, as text", () => {
    const part = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, "0"));
    const layout = fc
      .tuple(
        fc.constantFrom(" ", "T"),
        part(23),
        part(59),
        part(59),
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.constantFrom("", "Z"),
      )
      .map(
        ([separator, hour, minute, second, nanos, zone]) =>
          `2026-11-21${separator}${hour}:${minute}:${second}.${nanos}${zone}`,
      );
    fc.assert(fc.property(layout, (text) => (timestampAfter(text) ?? "") > text));
  });

  test("does not guess about other text", () => expect(timestampAfter("soon")).toBeUndefined());
});

describe("TimestampSource", () => {
  test("never gives the same text twice, and none that sorts before an earlier one", () => {
    const clock = new ManualClock();
    const source = new TimestampSource(clock);
    const texts = [source.now(), source.now()];
    clock.time -= 3_600_000;
    texts.push(source.now());
    clock.time += 7_200_000;
    texts.push(source.now());
    expect([...new Set(texts)].sort()).toEqual(texts);
  });
});
