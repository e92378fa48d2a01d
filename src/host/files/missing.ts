import { systemCodeOf } from "#kernel/system-error.ts";

/** Whether an error of the file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return systemCodeOf(error) === "ENOENT";
}

/** For `catch`: undefined if there is no such file. */
export function undefinedIfMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}
