import { BatonError, Code, type ErrorKind, toBatonError } from "./errors.ts";

/** What a fault of the system means for the user of the program. */
export interface SystemFault {
  readonly code: Code;
  readonly kind: ErrorKind;
  /** What is wrong, as the end of "cannot …: ". */
  readonly what: string;
  /** What to do about it, as an imperative. */
  readonly remedy: string;
}

/** A full disk, in whatever form the error comes. */
export const NO_SPACE: SystemFault = {
  code: Code.ResourceExhausted,
  kind: "configuration",
  what: "there is no space left, or a quota or size limit was reached",
  remedy: "free some space, or choose another output file or temporary directory",
};

const tooManyFiles: SystemFault = {
  code: Code.ResourceExhausted,
  kind: "configuration",
  what: "too many files are open at the same time",
  remedy: "raise the limit on open files (ulimit -n) and try again",
};

const missing: SystemFault = {
  code: Code.FailedPrecondition,
  kind: "configuration",
  what: "there is no such file or directory",
  remedy: "check the path",
};

/** The directory that the program was started in has been removed, which Node notices at the first relative path. */
export const WORKING_DIRECTORY_GONE: SystemFault = {
  code: Code.FailedPrecondition,
  kind: "configuration",
  what: "the current directory no longer exists, or cannot be read",
  remedy: "change to another one and try again",
};

/** By the name of the error number, see errno(3). */
const FAULTS: Readonly<Record<string, SystemFault>> = {
  ENOSPC: NO_SPACE,
  EDQUOT: NO_SPACE,
  EFBIG: NO_SPACE,
  EACCES: noAccess("EACCES"),
  EPERM: noAccess("EPERM"),
  EROFS: noAccess("EROFS"),
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  ENOENT: missing,
  ENOTDIR: missing,
  ENOMEM: {
    code: Code.ResourceExhausted,
    kind: "configuration",
    what: "there is not enough memory",
    remedy: "give the program more memory, or stop other programs",
  },
  EISDIR: {
    code: Code.FailedPrecondition,
    kind: "configuration",
    what: "it is a directory",
    remedy: "name a file",
  },
  ELOOP: {
    code: Code.FailedPrecondition,
    kind: "configuration",
    what: "its symbolic links form a loop",
    remedy: "check the path",
  },
  ENAMETOOLONG: {
    code: Code.FailedPrecondition,
    kind: "configuration",
    what: "the name is too long for the file system",
    remedy: "choose a shorter one",
  },
  EBUSY: {
    code: Code.FailedPrecondition,
    kind: "configuration",
    what: "the system is using it, for example as a mount point",
    remedy: "choose another place",
  },
  EADDRINUSE: {
    code: Code.FailedPrecondition,
    kind: "configuration",
    what: "another program is already listening there",
    remedy: "stop that program, or choose another address",
  },
  EADDRNOTAVAIL: {
    code: Code.FailedPrecondition,
    kind: "configuration",
    what: "this machine has no such address",
    remedy: "choose another address",
  },
  EIO: {
    code: Code.DataLoss,
    kind: "configuration",
    what: "the disk failed (EIO)",
    remedy: "check the disk, or choose another output file or temporary directory",
  },
};

/** The code that Node gave an error, for example `ENOENT`; undefined if it has none. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  // Why a thread could not be started stands in the message only.
  if (thrown.code === "ERR_WORKER_INIT_FAILED") return /\bE[A-Z]+$/.exec(thrown.message)?.[0];
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** What an error of the system means; undefined if it is none, or one that says nothing about the world. */
export function describeSystemFault(thrown: unknown): SystemFault | undefined {
  if (thrown instanceof Error && "syscall" in thrown && thrown.syscall === "uv_cwd") {
    return WORKING_DIRECTORY_GONE;
  }
  return FAULTS[systemCodeOf(thrown) ?? ""];
}

/** What went wrong, in words for people as far as it is known, for a sentence that says where and what to do. */
export function describeReason(thrown: unknown): string {
  return describeSystemFault(thrown)?.what ?? toBatonError(thrown).message;
}

/** Why a file that a setting names cannot be read, and what to do, as the end of "… cannot be read: ". */
export function describeUnreadable(thrown: unknown): string {
  const fault = describeSystemFault(thrown);
  const remedy =
    fault?.code === Code.PermissionDenied
      ? "allow this user to read it, or name another file"
      : (fault?.remedy ?? "check the path");
  return `${describeReason(thrown)}; ${remedy}`;
}

/**
 * A fault as an error with one sentence.
 *
 * @param action what failed, as "cannot <action>"
 * @param outcome what became of the data, as a sentence without its full stop
 */
export function toFaultError(
  fault: SystemFault,
  cause: unknown,
  action: string,
  outcome?: string,
): BatonError {
  const parts = [
    `cannot ${action}: ${fault.what}`,
    ...(outcome === undefined ? [] : [outcome]),
    fault.remedy,
  ];
  return new BatonError(fault.code, parts.join("; "), { cause, kind: fault.kind });
}

function noAccess(name: string): SystemFault {
  return {
    code: Code.PermissionDenied,
    kind: "configuration",
    what: `the system refused access (${name})`,
    remedy: "allow this user to read and write there, or choose another place",
  };
}
