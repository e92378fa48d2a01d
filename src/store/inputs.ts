import { type BigIntStats, statSync } from "node:fs";
import { BatonError, Code } from "#kernel/errors.ts";
import { beginsLikeC1z } from "./c1z-magic.ts";

/** A file that a run reads or writes, and the setting that names it. */
export interface NamedFile {
  /** As people know it, for example `--file`. */
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
  const written = identify(output.path);
  if (written === undefined) return;
  for (const input of inputs) {
    const read = identify(input.path);
    if (read === undefined || read.dev !== written.dev || read.ino !== written.ino) continue;
    throw new BatonError(
      Code.Unknown,
      `${output.setting} ${output.path} is the file of ${input.setting}, which this run reads; it was left untouched. Choose another file`,
      { kind: "configuration" },
    );
  }
}

/** Undefined for what does not exist, cannot be looked at, or has no content of its own (a terminal, a pipe). */
function identify(path: string): BigIntStats | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Refuses to let anything but a `.c1z` file take the place of one, whoever reads it.
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
