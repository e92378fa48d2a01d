import type { Owner } from "./state.ts";

/** One piece of a search text: quoted stretches keep their blanks, everything else ends at a blank. */
const PIECE = /(?:[^\s"']*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[^\s"']*)+|\S+/gs;

/**
 * The terms of a search text. Blanks and commas separate; quotes group. A quote without its partner is an
 * ordinary character, except that a lone one is an empty phrase.
 */
export function splitSearch(text: string): string[] {
  const terms: string[] = [];
  for (const [found] of text.matchAll(PIECE)) {
    const piece = found.replace(/^,+|,+$/g, "");
    const quote = piece[0];
    if ((quote === '"' || quote === "'") && piece.at(-1) === quote) {
      terms.push(piece.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll("\\\\", "\\"));
    } else {
      terms.push(...piece.split(",").filter((part) => part !== ""));
    }
  }
  return terms;
}

/** Whether each term occurs in the name, the login or the e-mail, without regard to case. */
export function matchesAllTerms({ name, username, email }: Owner, terms: readonly string[]): boolean {
  const texts = [name, username, email].filter((text) => text !== null).map((text) => text.toUpperCase());
  return terms.every((term) => texts.some((text) => text.includes(term.toUpperCase())));
}
