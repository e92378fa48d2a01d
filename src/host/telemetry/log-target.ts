import { openSync } from "node:fs";
import { STDERR, writeFully } from "#kernel/descriptor.ts";

const LINE_END = Buffer.from("\n");

/** Where finished log lines go. A log is never a reason to end: what cannot be written is dropped. */
export class LogTarget {
  /** Its display name: a path, or the name of a standard stream. */
  readonly name: string;
  readonly descriptor: number;
  /** Whether the last line that arrived was cut off. */
  #isCut = false;
  #isReported = false;

  constructor(name: string, descriptor: number) {
    this.name = name;
    this.descriptor = descriptor;
  }

  /** Opens a file for appending; it is made readable for its owner only. Throws what the system says. */
  static open(path: string): LogTarget {
    return new LogTarget(path, openSync(path, "a", 0o600));
  }

  /** @returns why the line was dropped, the first time that one is; undefined otherwise */
  write(line: string): Error | undefined {
    const bytes = Buffer.from(line);
    const { bytes: written, failure } = writeFully(
      this.descriptor,
      this.#isCut ? Buffer.concat([LINE_END, bytes]) : bytes,
    );
    if (written > 0) this.#isCut = failure !== undefined;
    if (failure === undefined || this.#isReported) return undefined;
    this.#isReported = true;
    return failure;
  }
}

/** Standard error of this process. */
export function standardError(): LogTarget {
  return new LogTarget("stderr", STDERR);
}
