/** How a report reaches a file or standard output: the same for every command that writes one. */

import { extname } from "node:path";
import type { Invocation } from "#cli/command.ts";
import { watchSignals } from "#cli/signals.ts";
import { print } from "#cli/standard-output.ts";
import { usageError } from "#config/arguments.ts";
import { removeAbandonedTemporaries } from "#files/helper-path.ts";
import { resolveOutput } from "#files/output-path.ts";
import { type NamedFile, refuseInputs, refuseToPrintInto } from "#files/refuse-outputs.ts";
import { replaceFile } from "#files/replace-file.ts";

/** Takes the next piece of a report. */
type Write = (piece: string) => Promise<void>;

/** Width of a table in a file, and where standard output is not a terminal and `COLUMNS` says nothing. */
const DEFAULT_COLUMNS = 120;

/** No table is laid out for less. */
const MIN_COLUMNS = 20;

/** A report is written within seconds; what nobody has touched for so long was left by a killed process. */
const ABANDONED_AFTER_MS = 60 * 60_000;

/** Pieces are put together up to this size before they are written. */
const CHUNK_CHARS = 64 * 1024;

/** What the endings of file names stand for, in lower case with their dot; the empty one is a name without an ending. */
export type Endings<Format extends string> = Readonly<Record<string, Format>>;

/** What a command line says about the form of a report. */
interface Options<Format extends string> {
  readonly format: Format | undefined;
  /** Path of the file to write; undefined to print the report. */
  readonly output: string | undefined;
}

/**
 * The form that was asked for, or the one that the name of the file ends with.
 *
 * @param all every form, as `--format` takes them
 * @throws BatonError Unknown (exit code 2) if the name of the file asks for a form that does not exist
 */
export function chooseFormat<Format extends string>(
  { format, output = "" }: Options<Format>,
  endings: Endings<Format>,
  all: readonly Format[],
): Format {
  if (format !== undefined) return format;
  const ending = extname(output).toLowerCase();
  const meant = Object.hasOwn(endings, ending) ? endings[ending] : undefined;
  if (meant !== undefined) return meant;
  const known = Object.keys(endings).filter((name) => name !== "");
  throw usageError(
    `--output: there is no report format ${ending}; use a name that ends in ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, or choose the format with --format ${all.join("|")}`,
  );
}

/**
 * Errors of the output are reported before anything is read, which takes time.
 *
 * @param path undefined to print the report
 * @param inputs files that the report is made from
 * @returns the path to write to, with links followed; undefined to print
 */
export async function prepareOutput(
  path: string | undefined,
  inputs: readonly NamedFile[],
): Promise<string | undefined> {
  if (path === undefined) {
    refuseToPrintInto(inputs);
    return undefined;
  }
  refuseInputs({ setting: "--output", path }, inputs);
  const output = await resolveOutput(path, "other");
  await removeAbandonedTemporaries(output, ABANDONED_AFTER_MS);
  return output;
}

/** Columns of a table: the terminal's, or what `COLUMNS` says where the reader is a pipe. A file depends on neither. */
export function chooseWidth(output: string | undefined, { env }: Invocation): number {
  if (output !== undefined) return DEFAULT_COLUMNS;
  const told = process.stdout.columns || Number(env["COLUMNS"]);
  return Number.isSafeInteger(told) && told >= MIN_COLUMNS ? told : DEFAULT_COLUMNS;
}

/** Prints a report, or puts it in the place of a file in one step. */
export async function writeReport(
  pieces: Iterable<string>,
  output: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (output === undefined) {
    await writeAll(pieces, (piece) => print(piece, signal), signal);
    return;
  }
  await replaceFile({ path: output, content: "other" }, (file) =>
    writeAll(pieces, (piece) => file.appendFile(piece), signal),
  );
}

/** Does the work of a command that a signal may end, and gives its exit code. */
export async function endOnSignal(work: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const signals = watchSignals();
  try {
    await work(signals.signal);
    return 0;
  } catch (error) {
    const exitCode = signals.exitCode();
    if (exitCode === undefined) throw error;
    return exitCode;
  } finally {
    signals.stop();
  }
}

async function writeAll(pieces: Iterable<string>, write: Write, signal: AbortSignal): Promise<void> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK_CHARS) continue;
    signal.throwIfAborted();
    await write(chunk);
    chunk = "";
  }
  await write(chunk);
}
