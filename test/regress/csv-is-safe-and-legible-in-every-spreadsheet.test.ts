import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { renderCsv } from "#codecov/report/member-csv.ts";
import { runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { reviewOfOne } from "../unit/report/sample-review.ts";
import { makeTempDir } from "../unit/store/support.ts";

const FORMULA = /^[\s"]*[=+\-@＝＋－＠]/;

/** What spreadsheets of this world have between cells. */
const SEPARATORS = [",", ";", "\t", "|"];

function render(name: string): string {
  return [...renderCsv(reviewOfOne(name, name), { byteOrderMark: false })].join("");
}

/** The beginnings of cells for whoever knows no quotes but this separator. */
function* cellsBy(separator: string, csv: string): Generator<string> {
  for (const line of csv.split("\r\n")) yield* line.split(separator);
}

// `x;=1+1` was left bare, and `;` separates cells wherever the comma is the decimal sign.
test.each(["x;=1+1", "y;@SUM(1)", 'x;"=1+1"', "x; -1", "x\t=1+1", "x|+1", "x,=1+1", "=1+1", "；;＝1"])(
  "%j begins no formula whatever separates the cells",
  (name) => {
    for (const separator of SEPARATORS) {
      for (const cell of cellsBy(separator, render(name))) expect(cell).not.toMatch(FORMULA);
    }
  },
);

test("no name begins a formula behind any separator", () => {
  const piece = fc.constantFrom("a", "=", "+", "-", "@", ";", ",", "|", "\t", '"', "'", " ", "＝", "\n", "1");
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const csv = render(pieces.join(""));
      for (const separator of SEPARATORS) {
        for (const cell of cellsBy(separator, csv)) expect(cell).not.toMatch(FORMULA);
      }
    }),
  );
});

test("a name is changed no further than that", async () => {
  expect(render("Smith; Jones")).toContain('"Smith; Jones"');
  expect(render("Jean - Pierre")).toContain(",Jean - Pierre,");
});

// Excel took a file without the mark for text in the code page of the machine: JosÃ©.
test("a file begins with a byte order mark, a pipe does not", async () => {
  const cwd = await makeTempDir();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "jose", name: "José" }] }]);
  const mark = [0xef, 0xbb, 0xbf];
  for (const args of [["--output=x.csv"], ["--output=x.txt", "--format=csv"]]) {
    expect((await runProgram(["report", ...args], { cwd })).code).toBe(0);
    const path = join(cwd, args[0]?.split("=")[1] ?? "");
    const bytes = await readFile(path);
    expect([...bytes.subarray(0, 3)]).toEqual(mark);
    expect(bytes.toString("utf8")).toContain("José");
    await rm(path);
  }
  const { stdout } = await runProgram(["report", "--format=csv"], { cwd });
  expect(stdout.startsWith("organization,")).toBe(true);
  await runProgram(["report", "--output=x.json"], { cwd });
  expect((await readFile(join(cwd, "x.json"), "utf8")).startsWith("{")).toBe(true);
});
