import { cutText } from "#kernel/visible-text.ts";

/** Takes known secrets out of a text; has to come before the text is cut. */
export type Redact = (text: string) => string;

const MAX_LENGTH = 300;
/** How much of a body is looked at; the interesting part of an error is at its beginning. */
const MAX_INPUT = 64 * 1024;

/**
 * What an error body says, as one short line: the text of `{"detail": …}` or `{"error": …}`, of errors per
 * field, of a bare JSON array, the title of an HTML page, or plain text. Empty if there is nothing to say.
 */
export function readErrorText(body: Uint8Array, redact: Redact): string {
  const text = cutText(redact(new TextDecoder().decode(body)).trim(), MAX_INPUT);
  if (text === "") return "";
  if (looksLikeHtml(text)) return describeHtml(text, redact);
  try {
    return toShortLine(describeJson(JSON.parse(text)), redact);
  } catch {
    return toShortLine(text, redact);
  }
}

/** Whether a text is a web page rather than data. */
export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype\s+html|<html|<head|<body|<!--|<\?xml|<h1)/i.test(text);
}

/** Names a web page by its title, for example `an HTML page titled "Sign in"`. */
export function describeHtml(text: string, redact: Redact): string {
  const beginning = cutText(redact(text), MAX_INPUT);
  const title = toShortLine(/<title[^<>]*>([^<]*)/i.exec(beginning)?.[1] ?? "", redact);
  return title === "" ? "an HTML page" : `an HTML page titled "${title}"`;
}

function describeJson(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(describeJson).join(" ");
  if (typeof value !== "object") return typeof value === "string" ? value : JSON.stringify(value);
  if ("detail" in value) return describeJson(value.detail);
  if ("error" in value) return describeJson(value.error);
  if ("non_field_errors" in value) return describeJson(value.non_field_errors);
  return Object.entries(value)
    .map(([field, problem]) => `${field}: ${describeJson(problem)}`)
    .join("; ");
}

/** One line without control characters and secrets, cut to a length that fits into a message. */
export function toShortLine(text: string, redact: Redact): string {
  return cutText(
    redact(text)
      .replace(/[\s\p{Cc}]+/gu, " ")
      .trim(),
    MAX_LENGTH,
  );
}
