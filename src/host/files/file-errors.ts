import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { describeSystemFault, NO_SPACE, type SystemFault, toFaultError } from "#kernel/system-error.ts";

/** SQLite's primary result codes that say something about the world and not about our statements. */
const SQLITE_PERM = 3;
const SQLITE_NOMEM = 7;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
/** A write that failed for any reason but `ENOSPC`: a quota or a size limit, or a failing disk. */
const SQLITE_IOERR_WRITE = 778;
/** The index of the write-ahead log could not grow, as on a full disk. */
const SQLITE_IOERR_SHMSIZE = 4874;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
/** A unique index, or another rule of the file, refuses a row. Ours never do. */
const SQLITE_CONSTRAINT = 19;
/** A value is larger than the limit of the connection. */
export const SQLITE_TOOBIG = 18;
const SQLITE_NOTADB = 26;

/**
 * More files than SQLite opens for one statement (database, journal or log with its index, their directory, temporary ones),
 * and those that another thread may have closed since, such as a connector that loads its modules at that moment.
 */
const MOST_AT_ONCE = 16;

/**
 * Turns a fault of the file system or of SQLite into a {@link BatonError}.
 *
 * @param action what failed, as "cannot <action>"
 * @param outcome what became of the data, as a sentence without its full stop
 */
export function toFileError(thrown: unknown, action: string, outcome?: string): BatonError {
  if (thrown instanceof BatonError) return thrown;
  if (!(thrown instanceof Error)) return toBatonError(thrown);
  const fault = describeFault(thrown);
  if (fault === undefined) return toBatonError(thrown).prefixed(`cannot ${action}`);
  return toFaultError(fault, thrown, action, outcome);
}

/**
 * The last resort for a fault of the system or of SQLite that nobody has explained: says what it means and which call
 * failed. Everything else passes through {@link toBatonError}.
 */
export function explainUnexpected(thrown: unknown): BatonError {
  if (thrown instanceof BatonError || !(thrown instanceof Error)) return toBatonError(thrown);
  const fault = describeFault(thrown);
  if (fault === undefined) return toBatonError(thrown);
  const { syscall = "SQLite", path }: NodeJS.ErrnoException = thrown;
  return toFaultError(fault, thrown, `continue (${path === undefined ? syscall : `${syscall} ${path}`})`);
}

/** SQLite's primary result code of an error; 0 for an error of another origin. */
export function sqliteCodeOf(error: unknown): number {
  return extendedCodeOf(error) & 0xff;
}

function extendedCodeOf(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode
    : 0;
}

function describeFault(error: Error): SystemFault | undefined {
  const extendedCode = extendedCodeOf(error);
  const sqliteCode = sqliteCodeOf(error);
  if (sqliteCode === SQLITE_FULL || [SQLITE_IOERR_WRITE, SQLITE_IOERR_SHMSIZE].includes(extendedCode)) {
    return NO_SPACE;
  }
  if (sqliteCode === SQLITE_READONLY || sqliteCode === SQLITE_PERM) {
    return {
      code: Code.PermissionDenied,
      kind: "configuration",
      what: "the system refused to write to it",
      remedy: "allow this user to read and write there, or choose another place",
    };
  }
  // SQLite creates files of its own and does not say why it could not.
  if (sqliteCode === SQLITE_CANTOPEN) {
    return (
      findLackOfDescriptors() ?? {
        code: Code.PermissionDenied,
        kind: "configuration",
        what: "no file can be created in its directory",
        remedy: "allow this user to write there, or choose another place",
      }
    );
  }
  if (sqliteCode === SQLITE_NOTADB || sqliteCode === SQLITE_CORRUPT) {
    return {
      code: Code.DataLoss,
      kind: "configuration",
      what: "its content is not an intact SQLite database",
      remedy: "restore the file from a copy, or sync into a new one",
    };
  }
  if (sqliteCode === SQLITE_CONSTRAINT) {
    return {
      code: Code.FailedPrecondition,
      kind: "configuration",
      what: `another program has added a constraint to the file that rejects a row (${error.message})`,
      remedy: "restore the file from a copy, or sync into a new one",
    };
  }
  if (sqliteCode === SQLITE_TOOBIG || sqliteCode === SQLITE_NOMEM) {
    return {
      code: Code.ResourceExhausted,
      kind: "configuration",
      what: "a value in it, or the number of its tables, needs more memory than the limit for a file",
      remedy: "restore the file from a copy, or sync into a new one",
    };
  }
  if (sqliteCode === SQLITE_IOERR) {
    return {
      code: Code.DataLoss,
      kind: "configuration",
      what: `the disk failed (${error.message})`,
      remedy: "check the disk, or choose another output file or temporary directory",
    };
  }
  return describeSystemFault(error);
}

/**
 * Why hardly any file can be opened, tried with one that everybody may read; undefined if that is not so. Several are
 * opened, since SQLite has closed its journal and the like again by the time it says that one file was too many.
 */
export function findLackOfDescriptors(): SystemFault | undefined {
  const descriptors: number[] = [];
  try {
    while (descriptors.length < MOST_AT_ONCE) descriptors.push(openSync(devNull, "r"));
    return undefined;
  } catch (error) {
    return describeSystemFault(error);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}
