import { expect, test } from "vitest";
import { createKsuid, readKsuidTime } from "#kernel/ksuid.ts";

test("the smallest and the largest KSUID have their well-known texts", () => {
  expect(createKsuid(1_400_000_000_000, new Uint8Array(16))).toBe("0".repeat(27));
  const last = (1_400_000_000 + 0xffff_ffff) * 1000;
  expect(createKsuid(last, new Uint8Array(16).fill(0xff))).toBe("aWgEPTl1tmebfsQzFP4bxwgy80V");
});

test("ids of later seconds sort after earlier ones and no two are equal", () => {
  const earlier = createKsuid(1_700_000_000_000);
  const later = createKsuid(1_700_000_001_000);
  expect(earlier < later).toBe(true);
  expect(later).toMatch(/^[0-9A-Za-z]{27}$/);
  expect(createKsuid(1_700_000_001_000)).not.toBe(later);
});

test("a clock that stands before the epoch gives an id all the same", () => {
  expect(createKsuid(0)).toMatch(/^0[0-9A-Za-z]{26}$/);
});

test("an id tells the second in which it was made; other texts tell nothing", () => {
  for (const now of [1_400_000_000_000, 1_795_766_521_999, (1_400_000_000 + 0xffff_ffff) * 1000]) {
    expect(readKsuidTime(createKsuid(now))).toBe(now - (now % 1000));
  }
  for (const text of ["", "sync-1", "0".repeat(26), "z".repeat(27), `${"0".repeat(26)}-`]) {
    expect(readKsuidTime(text)).toBeUndefined();
  }
});
