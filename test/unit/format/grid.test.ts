import { array, assert, constantFrom, integer, property, string, tuple } from "fast-check";
import { expect, test } from "vitest";
import { countColumns } from "#format/columns.ts";
import { layOutGrid } from "#format/grid.ts";

const columns = [{ title: "Member" }, { title: "Name", isDispensable: true }, { title: "Why" }];

test("one long id does not spoil the other rows", () => {
  const long = "an-id-that-is-longer-than-the-whole-column";
  const rows = [
    ["ann", "Ann Other", "same e-mail as bob"],
    [long, "Bob Other", "no user name"],
    ["cid", "Cid Other", "same e-mail as ann"],
  ];
  expect(layOutGrid(columns, rows, 50, "  ")).toEqual({
    leftOut: [],
    rows: [
      "  Member             Name       Why\n",
      "  ann                Ann Other  same e-mail as bob\n",
      `  ${long}\n                     Bob Other  no user name\n`,
      "  cid                Cid Other  same e-mail as ann\n",
    ],
  });
});

test("what reaches beyond the edge begins further to the left, and what is too long for any line stays whole", () => {
  const [, row] = layOutGrid(columns, [["ann", "x".repeat(35), "y".repeat(45)]], 40, "").rows;
  expect(row).toBe(`ann\n     ${"x".repeat(35)}\n${"y".repeat(45)}\n`);
});

test("the least needed column is left out where there is no room at all", () => {
  expect(layOutGrid(columns, [["ann", "Ann", "shared"]], 20, "")).toEqual({
    leftOut: ["Name"],
    rows: ["Member  Why\n", "ann     shared\n"],
  });
});

test("nothing of any text is lost, and lines are no longer than their longest word or the width", () => {
  const word = string({ unit: constantFrom("a", "b", "李"), minLength: 1, maxLength: 30 });
  const cell = array(word, { maxLength: 6 }).map((words) => words.join(" "));
  assert(
    property(
      array(tuple(cell, cell, cell), { maxLength: 6 }),
      integer({ min: 20, max: 90 }),
      (rows, width) => {
        const grid = layOutGrid(columns, rows, width, "");
        grid.rows.slice(1).forEach((text, index) => {
          const kept = (rows[index] ?? []).filter((_, column) => column !== 1 || grid.leftOut.length === 0);
          const words = (of: string) =>
            of
              .split(/\s+/)
              .filter((part) => part !== "")
              .toSorted();
          expect(words(text)).toEqual(words(kept.join(" ")));
          for (const line of text.split("\n")) {
            const longest = Math.max(0, ...words(line).map(countColumns));
            expect(countColumns(line)).toBeLessThanOrEqual(Math.max(width, longest));
          }
        });
      },
    ),
  );
});
