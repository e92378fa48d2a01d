/**
 * The one place that writes to standard output and, but for the log, to standard error. What is printed is the
 * result of a command: all of it arrives, or the command fails. Messages go beside it and end nothing.
 */

import { Socket } from "node:net";
import { toFileError } from "#files/file-errors.ts";
import { STDERR, STDOUT, writeFully } from "#kernel/descriptor.ts";
import { systemCodeOf } from "#kernel/system-error.ts";
import type { TerminalStream } from "./live-line.ts";

/** The exit code of a program that SIGPIPE ended, as shells count it. */
export const EXIT_READER_GONE = 141;

/** Nobody reads standard output any more, as with `… | head`. There is nobody to report it to. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/** How a reader who has gone shows: a closed pipe, a closed connection, a terminal that was hung up. */
const GONE = new Set(["EPIPE", "ECONNRESET", "EIO", "ERR_STREAM_DESTROYED"]);

/**
 * Writes to standard output. Resolves once the system has taken everything, however long the reader takes.
 *
 * @param signal gives up waiting for the reader
 * @throws ReaderGone if nobody reads any more
 * @throws BatonError ResourceExhausted if the disk is full, otherwise what went wrong
 */
export async function print(text: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { stdout } = process;
  // Node's stream for a file writes once and does not look at how much was taken.
  const failure =
    stdout instanceof Socket
      ? await writeToReader(stdout, text, signal)
      : writeFully(STDOUT, Buffer.from(text)).failure;
  if (failure === undefined) return;
  if (stdout instanceof Socket && GONE.has(systemCodeOf(failure) ?? "")) {
    throw new ReaderGone("standard output was closed by its reader", { cause: failure });
  }
  throw toFileError(failure, "write to standard output", "the output is incomplete");
}

/** Standard error as a terminal: one that was hung up in the middle of a run must not end it. */
export const terminal: TerminalStream = {
  get columns() {
    return process.stderr.columns;
  },
  write: tell,
};

/** Writes to standard error, at once; what cannot be written is dropped. */
export function tell(text: string | Uint8Array): void {
  writeFully(STDERR, Buffer.from(text));
}

/** A terminal, a pipe or a connection: the event loop continues while the reader is slow. */
async function writeToReader(
  stream: Socket,
  text: string,
  signal: AbortSignal | undefined,
): Promise<Error | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Error | undefined>();
  const abandon = (): void => reject(signal?.reason);
  // The callback reports it as well; without a listener the event would end the program.
  if (stream.listenerCount("error", ignore) === 0) stream.on("error", ignore);
  signal?.addEventListener("abort", abandon, { once: true });
  stream.write(text, (error) => resolve(error ?? undefined));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", abandon);
  }
}

function ignore(): void {}
