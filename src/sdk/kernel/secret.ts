import { inspect } from "node:util";
import { toVisibleLine } from "./visible-text.ts";

const PLACEHOLDER = "[redacted]";

/** Shorter texts are too common in ordinary words to be looked for in output. */
const MIN_REDACTED_LENGTH = 4;

/** The same for base64, in which any few characters can be part of something else. */
const MIN_BASE64_LENGTH = 6;

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};

/**
 * A value that must not be seen. However it is printed (string conversion, JSON, `util.inspect`, a log
 * line), only a fixed placeholder appears; {@link Secret.reveal} is the one way to the value.
 *
 * @example
 * String(new Secret("hunter2")) === "[redacted]";
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [inspect.custom](): string {
    return PLACEHOLDER;
  }
}

/**
 * The second line of defence behind {@link Secret}: takes the values of known secrets out of any text before
 * it leaves the program, for example out of an upstream's error text that repeats the token. A text is cut only
 * after that: half a secret is not recognised any more.
 */
export class Redactor {
  /** By their value, the forms in which each secret can appear, as sources of regular expressions. */
  readonly #forms = new Map<string, readonly string[]>();
  #pattern: RegExp | undefined;

  /** Adds a secret, as it is and as it looks inside a URL, JSON, HTML and base64. */
  register(secret: Secret): void {
    const value = secret.reveal().trim();
    if (value.length < MIN_REDACTED_LENGTH) return;
    const literals = [
      value,
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
      value.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? ""),
    ];
    this.#forms.set(value, [...literals.map((literal) => escapeRegExp(literal)), ...base64Forms(value)]);
    this.#makePattern();
  }

  /** Takes a secret out again that nothing holds any more, such as a token that has expired. */
  forget(secret: Secret): void {
    if (this.#forms.delete(secret.reveal().trim())) this.#makePattern();
  }

  /** `text` with each occurrence of a registered secret replaced by the placeholder. */
  redact(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, PLACEHOLDER);
  }

  /**
   * `text` as a line for a terminal or a log: without secrets, then cut to what fits, with everything spelled out
   * that cannot be seen. The one way out for texts that others may have a part in.
   */
  toLine(text: string, maxLength?: number): string {
    return toVisibleLine(this.redact(text), maxLength);
  }

  /**
   * {@link toLine} for a sentence that may have several lines of its own: every line after the first is indented, so
   * that a line break in a text of others cannot pass for a new message.
   */
  toLines(text: string): string {
    const lines = this.redact(text).split("\n");
    return lines.map((line) => toVisibleLine(line)).join("\n  ");
  }

  /** Longest first, so that a secret that contains another one disappears as a whole. */
  #makePattern(): void {
    const forms = [...new Set([...this.#forms.values()].flat())].toSorted((a, b) => b.length - a.length);
    this.#pattern = forms.length === 0 ? undefined : new RegExp(forms.join("|"), "g");
  }
}

/**
 * How a text looks within the base64 of a longer one, such as the user name and password of Basic credentials: three
 * ways, as it can begin at each of three bytes. What it shares with its neighbours in a character goes with it.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  return [0, 1, 2].flatMap((offset) => {
    const bits = (offset + bytes.length) * 8;
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const whole = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6));
    if (whole.length < MIN_BASE64_LENGTH) return [];
    const before = offset === 0 ? "" : "[A-Za-z0-9+/_-]?";
    const after = bits % 6 === 0 ? "" : "[A-Za-z0-9+/_-]?";
    return [whole, toBase64Url(whole)].map((form) => `${before}${escapeRegExp(form)}${after}=*`);
  });
}

function toBase64Url(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
