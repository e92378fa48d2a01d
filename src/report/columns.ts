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

/** `text` in exactly `columns` columns: filled up with blanks, or cut with `…` at its end. */
export function fitToColumns(text: string, columns: number): string {
  const taken = countColumns(text);
  if (taken <= columns) return text + " ".repeat(columns - taken);
  let cut = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const width = widthOf(segment);
    if (used + width > columns - 1) break;
    cut += segment;
    used += width;
  }
  return `${cut}…${" ".repeat(columns - 1 - used)}`;
}

function widthOf(grapheme: string): number {
  if (/^\p{M}/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
