/**
 * Characters that are not seen but act: line breaks and escape sequences, marks that turn the writing
 * direction, characters without width, halves of surrogate pairs. The joiners U+200C and U+200D stay: Persian
 * names and emoji need them.
 */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** Whether `text` holds characters that cannot be seen. */
export function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0;
}

/** `text` with each hidden character spelled out, as in `<U+202E>`: safe for a terminal and for the eye. */
export function showHidden(text: string): string {
  return text.replace(HIDDEN, (hidden) => {
    const hex = (hidden.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `<U+${hex.padStart(4, "0")}>`;
  });
}

/** JSON text with each hidden character as an escape: the same value, but nothing that a terminal acts upon. */
export function escapeHiddenInJson(json: string): string {
  return json.replace(HIDDEN, (hidden) => {
    const units = Array.from({ length: hidden.length }, (_, index) => hidden.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}
