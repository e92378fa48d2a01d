import { expect, test } from "vitest";
import { LiveLine } from "#cli/live-line.ts";

function create(columns = 80) {
  const written: string[] = [];
  const time = { now: 0 };
  const line = new LiveLine({ columns, write: (text) => written.push(String(text)) }, () => time.now);
  return { line, written, time };
}

test("the line is redrawn in place, but not more often than anyone could see", () => {
  const { line, written, time } = create();
  line.update("1 row");
  line.update("2 rows");
  expect(written).toEqual(["\r\u001b[2K1 row"]);
  time.now = 100;
  line.update("3 rows");
  expect(written.at(-1)).toBe("\r\u001b[2K3 rows");
});

test("other output goes above the line", () => {
  const { line, written } = create();
  line.writeAbove("log\n");
  expect(written).toEqual(["log\n"]);
  line.update("1 row");
  line.writeAbove("log\n");
  expect(written.slice(2)).toEqual(["\r\u001b[2K", "log\n", "1 row"]);
});

test("the line is shorter than the terminal is wide, and gone after the end", () => {
  const { line, written } = create(6);
  line.update("1234567");
  line.clear();
  line.clear();
  expect(written).toEqual(["\r\u001b[2K12345", "\r\u001b[2K"]);
});

test("a terminal that says it has no columns is taken for an ordinary one", () => {
  const { line, written } = create(0);
  line.update("1 row");
  expect(written).toEqual(["\r\u001b[2K1 row"]);
});
