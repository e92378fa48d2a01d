const MAX_LENGTH = 300;
/** How much of a body is looked at; the interesting part of an error is at its beginning. */
const MAX_INPUT = 64 * 1024;

/**
 * What an error body says, as one short line: the text of `{"detail": …}` or `{"error": …}`, of errors per
 * field, of a bare JSON array, the title of an HTML page, or plain text. Empty if there is nothing to say.
 */
export function readErrorText(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, MAX_INPUT)).trim();
  if (text === "") return "";
  if (looksLikeHtml(text)) return describeHtml(text);
  try {
    return toLine(describeJson(JSON.parse(text)));
  } catch {
    return toLine(text);
  }
}

/** Whether a text is a web page rather than data. */
export function looksLikeHtml(text: string): boolean {
  return /^\s*(<!doctype\s+html|<html|<head|<body|<!--|<\?xml|<h1)/i.test(text);
}

/** Names a web page by its title, for example `an HTML page titled "Sign in"`. */
export function describeHtml(text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1] ?? "";
  return title.trim() === "" ? "an HTML page" : `an HTML page titled "${toLine(title)}"`;
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

/** One line without control characters, cut to a length that fits into a message. */
function toLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH).toWellFormed()}…`;
}
