import { expect, it } from "vitest";
import { nextSize, shrink, type WindowSize } from "#codecov/roster/window-size.ts";

const FULL = 10_000;
const start: WindowSize = { windowRows: FULL, growAfter: 0, goodWindows: 0 };

it("a page shrinks to a quarter, but not below the least", () => {
  expect([shrink(10_000, 100), shrink(401, 100), shrink(399, 100)]).toEqual([2_500, 100, 100]);
});

it("a size that nothing speaks against stays as it is", () => {
  expect(nextSize(start, FULL, "none", FULL)).toEqual(start);
  const small = { windowRows: 500, growAfter: 0, goodWindows: 0 };
  expect(nextSize(small, 500, "none", FULL)).toEqual(small);
});

it("a window that had to shrink grows back at once, fourfold, up to its full size", () => {
  const shrunk = nextSize(start, 156, "shrunk", FULL);
  expect(shrunk).toEqual({ windowRows: 624, growAfter: 1, goodWindows: 0 });
  const next = nextSize(shrunk, 624, "none", FULL);
  expect(next).toEqual({ windowRows: 2_496, growAfter: 1, goodWindows: 0 });
  expect(nextSize({ ...next, windowRows: 9_984 }, 9_984, "none", FULL).windowRows).toBe(FULL);
});

it("each failure of the larger window makes the next try wait four times as long", () => {
  let size = nextSize(start, 625, "shrunk", FULL);
  size = nextSize(size, 625, "shrunk", FULL);
  const waits: number[] = [];
  for (let window = 0; window < 5; window += 1) {
    waits.push(size.goodWindows);
    size = nextSize(size, 625, "none", FULL);
    if (size.windowRows > 625) break;
  }
  expect(size).toEqual({ windowRows: 2_500, growAfter: 4, goodWindows: 0 });
  expect(waits).toEqual([1, 2, 3]);
  for (let failure = 0; failure < 20; failure += 1) size = nextSize(size, 625, "shrunk", FULL);
  expect(size.growAfter).toBe(4_096);
});

it("only windows since the last failure count", () => {
  const before = { windowRows: 2_500, growAfter: 4, goodWindows: 2 };
  expect(nextSize(before, 625, "shrunk", FULL)).toEqual({ windowRows: 625, growAfter: 16, goodWindows: 1 });
});

it("full size forgets earlier troubles, and a server's own limit ends the growing", () => {
  const troubled = { windowRows: FULL, growAfter: 16, goodWindows: 3 };
  expect(nextSize(troubled, FULL, "none", FULL)).toEqual(start);
  expect(nextSize(troubled, 500, "capped", FULL)).toEqual({ windowRows: 500, growAfter: 0, goodWindows: 0 });
});
