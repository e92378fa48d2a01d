import { writeSync } from "node:fs";
import { systemCodeOf } from "./system-error.ts";

/** Descriptors that every process has. */
export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;

/** What became of some bytes. */
export interface Written {
  /** How many of them arrived. */
  readonly bytes: number;
  /** Why the rest did not; undefined if nothing is missing. */
  readonly failure: Error | undefined;
}

/** How long to wait for a reader whose pipe is full before the next attempt, in milliseconds. */
const FULL_PIPE_MS = 5;

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all bytes to a descriptor before it returns, however often the system takes only some of them. Waits for a
 * reader who is slow. Never throws.
 */
export function writeFully(descriptor: number, bytes: Uint8Array): Written {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (thrown) {
      // A pipe is switched to this mode by any process that shares it, which can be another program.
      if (systemCodeOf(thrown) === "EAGAIN") Atomics.wait(pause, 0, 0, FULL_PIPE_MS);
      else return { bytes: written, failure: thrown instanceof Error ? thrown : new Error(String(thrown)) };
    }
  }
  return { bytes: written, failure: undefined };
}
