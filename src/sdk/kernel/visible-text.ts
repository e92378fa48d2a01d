/**
 * Texts of others on their way to a person: names, file names, answers of servers. Characters that cannot be seen but
 * act, or that make two texts look alike, are spelled out.
 */

/**
 * What cannot be seen: line breaks and escape sequences, marks that turn the writing direction, characters without
 * width, fillers, variation selectors, halves of surrogate pairs, the blank Braille pattern.
 */
const UNSEEN = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]`;

/** Joiners and selectors where writing needs them: between letters (Persian), within emoji. */
const NEEDED = [
  String.raw`(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}])`,
  String.raw`(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=\p{Extended_Pictographic})\ufe0f`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
].join("|");

const HIDDEN = new RegExp(`${UNSEEN}(?<!${NEEDED})`, "gu");
const HIDDEN_IN_ADDRESS = new RegExp(UNSEEN, "gu");
/** Most texts; they need none of the larger patterns, which take a while to be made ready. */
const PLAIN = /^[ -~]*$/;
const JOINER = /[\u200c\u200d]/;
const BLANKS_ONLY = /^\s+$/u;
const BLANK = /\s/gu;

/** Characters of a line for a terminal or a log; nobody reads more. */
const MAX_LINE = 4_096;

/** Whether `text` holds characters that cannot be seen, or nothing but blanks. */
export function hasHidden(text: string): boolean {
  return showHidden(text) !== text;
}

/** Whether there is nothing to be seen of `text`. */
export function isUnseen(text: string): boolean {
  return replaceHidden(text, () => "").trim() === "";
}

/**
 * `text` with each hidden character spelled out, as in `<U+202E>`: safe for a terminal and for the eye. Blanks are
 * spelled out where there is nothing else, and joiners in a word with an `@`: in an address they have no business.
 */
export function showHidden(text: string): string {
  return BLANKS_ONLY.test(text) ? text.replace(BLANK, spell) : replaceHidden(text, spell);
}

/** JSON text with each hidden character as an escape: the same value, but nothing that a terminal acts upon. */
export function escapeHiddenInJson(json: string): string {
  return replaceHidden(json, escapeUnits);
}

/** {@link showHidden} on what fits into a line, for terminals and logs. Secrets have to be taken out before. */
export function toVisibleLine(text: string, maxLength = MAX_LINE): string {
  return showHidden(cutText(text, maxLength));
}

/** `text`, or as much of it as fits into `maxLength` UTF-16 units, with `…` where something is missing. */
export function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`;
}

function replaceHidden(text: string, replace: (hidden: string) => string): string {
  if (PLAIN.test(text)) return text;
  if (!text.includes("@") || !JOINER.test(text)) return text.replace(HIDDEN, replace);
  const words = text.split(" ");
  return words
    .map((word) => word.replace(word.includes("@") ? HIDDEN_IN_ADDRESS : HIDDEN, replace))
    .join(" ");
}

function spell(hidden: string): string {
  const hex = (hidden.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `<U+${hex.padStart(4, "0")}>`;
}

function escapeUnits(hidden: string): string {
  const units = Array.from({ length: hidden.length }, (_, index) => hidden.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
