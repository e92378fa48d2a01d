import { inspect } from "node:util";

const PLACEHOLDER = "[redacted]";

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
