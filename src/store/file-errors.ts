import { BatonError, Code, toBatonError } from "#kernel/errors.ts";

/** SQLite's primary result codes that say something about the world and not about our statements. */
const SQLITE_IOERR = 10;
/** A write that failed for any reason but `ENOSPC`: a quota or a size limit, or a failing disk. */
const SQLITE_IOERR_WRITE = 778;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const NO_SPACE = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const NO_ACCESS = new Set(["EACCES", "EPERM", "EROFS"]);

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
  const sentence = [
    `cannot ${action}: ${fault.what}`,
    ...(outcome === undefined ? [] : [outcome]),
    fault.remedy,
  ];
  return new BatonError(fault.code, sentence.join("; "), { cause: thrown, kind: fault.kind });
}

interface Fault {
  readonly code: Code;
  readonly kind: "configuration" | "internal";
  readonly what: string;
  readonly remedy: string;
}

function describeFault(error: Error): Fault | undefined {
  const systemCode = "code" in error && typeof error.code === "string" ? error.code : "";
  const extendedCode = "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
  const sqliteCode = extendedCode & 0xff;
  if (NO_SPACE.has(systemCode) || sqliteCode === SQLITE_FULL || extendedCode === SQLITE_IOERR_WRITE) {
    return {
      code: Code.ResourceExhausted,
      kind: "configuration",
      what: "there is no space left, or a quota or size limit was reached",
      remedy: "free some space, or choose another output file or temporary directory",
    };
  }
  if (NO_ACCESS.has(systemCode)) {
    return {
      code: Code.PermissionDenied,
      kind: "configuration",
      what: `the system refused access (${systemCode})`,
      remedy: "allow this user to read and write there, or choose another place",
    };
  }
  // SQLite creates files of its own and does not say why it could not.
  if (sqliteCode === SQLITE_CANTOPEN) {
    return {
      code: Code.PermissionDenied,
      kind: "configuration",
      what: "no file can be created in its directory",
      remedy: "allow this user to write there, or choose another place",
    };
  }
  if (systemCode === "ENOENT" || systemCode === "ENOTDIR") {
    return {
      code: Code.FailedPrecondition,
      kind: "configuration",
      what: "there is no such file or directory",
      remedy: "check the path",
    };
  }
  if (systemCode === "EISDIR") {
    return {
      code: Code.FailedPrecondition,
      kind: "configuration",
      what: "it is a directory",
      remedy: "name a file",
    };
  }
  if (sqliteCode === SQLITE_NOTADB || sqliteCode === SQLITE_CORRUPT) {
    return {
      code: Code.DataLoss,
      kind: "configuration",
      what: "its content is no intact SQLite database",
      remedy: "restore the file from a copy, or sync into a new one",
    };
  }
  if (sqliteCode === SQLITE_IOERR || systemCode === "EIO") {
    return {
      code: Code.DataLoss,
      kind: "configuration",
      what: `the disk failed (${error.message})`,
      remedy: "check the disk, or choose another output file or temporary directory",
    };
  }
  return undefined;
}
