import { inspect } from "node:util";

const PLACEHOLDER = "[redacted]";

/** Shorter texts are too common in ordinary words to be looked for in output. */
const MIN_REDACTED_LENGTH = 4;

/**
 * A value that must not be seen. However it is printed (string conversion, JSON, `util.inspect`, a log
 * line), only a fixed placeholder appears; {@link Secret.reveal} is the one way to the value.
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
 * it leaves the program, for example out of an upstream's error text that repeats the token.
 */
export class Redactor {
  /** By their value, the texts that each secret can appear as. */
  readonly #forms = new Map<string, readonly string[]>();
  /** Longest first, so that a secret that contains another one disappears as a whole. */
  #needles: readonly string[] = [];

  /** Adds a secret, as it is and as it looks inside a URL and inside JSON. */
  register(secret: Secret): void {
    const value = secret.reveal().trim();
    if (value.length < MIN_REDACTED_LENGTH) return;
    this.#forms.set(value, [
      value,
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
    ]);
    this.#collectNeedles();
  }

  /** Takes a secret out again that nothing holds any more, such as a token that has expired. */
  forget(secret: Secret): void {
    if (this.#forms.delete(secret.reveal().trim())) this.#collectNeedles();
  }

  /** `text` with each occurrence of a registered secret replaced by the placeholder. */
  redact(text: string): string {
    let result = text;
    for (const needle of this.#needles) result = result.replaceAll(needle, PLACEHOLDER);
    return result;
  }

  #collectNeedles(): void {
    const forms = new Set([...this.#forms.values()].flat());
    this.#needles = [...forms].toSorted((a, b) => b.length - a.length);
  }
}
