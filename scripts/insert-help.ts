/**
 * `npm run metadata` calls this: puts the program's own help text into its page, between the two marks.
 */
import { readFileSync, writeFileSync } from "node:fs";

const BEGIN = "<!-- help: begin -->";
const END = "<!-- help: end -->";

/** @throws Error if the file lacks the marks. */
export function insertHelp(file: string, help: string): void {
  const text = readFileSync(file, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${file} has no place for the help text`);
  const block = help
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line}`.trimEnd())
    .join("\n");
  writeFileSync(file, `${text.slice(0, begin + BEGIN.length)}\n\n${block}\n\n${text.slice(end)}`);
}
