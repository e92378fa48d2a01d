import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { STDOUT } from "#kernel/descriptor.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { beginsLikeC1z } from "./c1z-magic.ts";

/** A file that a run reads or writes, and the setting that names it. */
export interface NamedFile {
  /** Its name in messages, for example `--file`. */
  readonly setting: string;
  readonly path: string;
}

/**
 * Refuses an output that is one of the files which the same run reads, under whatever name: links of both kinds lead
 * to the same device and inode.
 *
 * @throws BatonError Unknown (exit code 2)
 */
export function refuseInputs(output: NamedFile, inputs: Iterable<NamedFile>): void {
  const input = findSame(output.path, inputs);
  if (input === undefined) return;
  throw new BatonError(
    Code.Unknown,
    `${output.setting} ${output.path} is the file of ${input.setting}, which this run reads; it was left untouched. Choose another file`,
    { kind: "configuration" },
  );
}

/**
 * The same for what is about to be printed: `>> sync.c1z` would make the file unreadable. After `> sync.c1z` the shell
 * has emptied it already, which is said.
 *
 * @throws BatonError Unknown (exit code 2)
 */
export function refuseToPrintInto(inputs: Iterable<NamedFile>): void {
  const input = findSame(STDOUT, inputs);
  if (input === undefined) return;
  throw new BatonError(
    Code.Unknown,
    `standard output is the file of ${input.setting}, which this run reads; nothing was written to it, but a single > empties a file before the program starts. Redirect to another file`,
    { kind: "configuration" },
  );
}

/** The input that is the same file as an output, which is given by its path or as an open descriptor. */
function findSame(output: string | number, inputs: Iterable<NamedFile>): NamedFile | undefined {
  const written = identify(output);
  if (written === undefined) return undefined;
  for (const input of inputs) {
    const read = identify(input.path);
    if (read !== undefined && read.dev === written.dev && read.ino === written.ino) return input;
  }
  return undefined;
}

/** Undefined for what does not exist, cannot be looked at, or has no content of its own (a terminal, a pipe). */
function identify(file: string | number): BigIntStats | undefined {
  try {
    const options = { bigint: true } as const;
    const stats = typeof file === "number" ? fstatSync(file, options) : statSync(file, options);
    return stats.isFile() ? stats : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Refuses to let anything but a `.c1z` file take the place of one, no matter which program reads it.
 *
 * @throws BatonError Unknown (exit code 2)
 */
export function refuseToReplaceC1z(path: string): void {
  if (!beginsLikeC1z(path)) return;
  throw new BatonError(
    Code.Unknown,
    `${path} is a .c1z file and was left untouched; choose another file name`,
    { kind: "configuration" },
  );
}
