const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Characters that take two columns of a terminal: most of East Asia's, and emoji. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\ufe0f/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** Columns that `text` takes on a terminal. */
export function countColumns(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of segmenter.segment(text)) columns += widthOf(segment);
  return columns;
}

/** `text` filled up with blanks to `columns` columns; as it is if it takes more. */
export function padToColumns(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - countColumns(text)));
}

/** Breaks a text at its blanks into lines of at most `columns` columns. A word that takes more stays whole. */
export function wrapToColumns(text: string, columns: number): string[] {
  if (countColumns(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const width = countColumns(word);
    if (line !== "" && used + 1 + width <= columns) {
      line += ` ${word}`;
      used += 1 + width;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    used = width;
  }
  return [...lines, line];
}

function widthOf(grapheme: string): number {
  if (/^\p{M}/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
