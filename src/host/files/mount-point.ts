import { readFile } from "node:fs/promises";

/** Mounts of this process, one a line; the fifth field is where (proc_pid_mountinfo(5)). */
const MOUNTS = "/proc/self/mountinfo";
const MOUNT_POINT_FIELD = 4;

/**
 * Whether something is mounted at `path`, as Docker does with `-v file:file`. Such a file can be written to but not
 * replaced. Known on Linux only; elsewhere false.
 *
 * @param path absolute, without links
 */
export async function isMountPoint(path: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const mounts = await readFile(MOUNTS, "utf8").catch(() => "");
  return mounts.split("\n").some((line) => unescapeOctal(line.split(" ")[MOUNT_POINT_FIELD] ?? "") === path);
}

/** The kernel writes blanks and the like as `\040`. Bytes that are not text stay what they are. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
