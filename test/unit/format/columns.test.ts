import { expect, test } from "vitest";
import { countColumns, wrapToColumns } from "#format/columns.ts";

test.each([
  ["ann", 3],
  ["李伟", 4],
  ["e\u0301", 1],
  ["👩‍💻", 2],
  ["❤️", 2],
])("%s takes %i columns", (text, columns) => {
  expect(countColumns(text)).toBe(columns);
});

test.each([
  ["ann bob", 7, ["ann bob"]],
  ["ann bob cid", 7, ["ann bob", "cid"]],
  ["李伟 李", 4, ["李伟", "李"]],
  ["a-long-id ann", 5, ["a-long-id", "ann"]],
  ["", 5, [""]],
])("%s is wrapped at %i columns, and no word is broken", (text, columns, lines) => {
  expect(wrapToColumns(text, columns)).toEqual(lines);
});
