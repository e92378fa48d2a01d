import { closeSync, openSync, readSync, statSync } from "node:fs";

/** The first bytes of a v1 file; zstd frames with a SQLite database follow. */
export const MAGIC_V1 = Buffer.from("C1ZF\0", "latin1");
/** The first bytes of a v3 file, whose content only the Go programs know. */
export const MAGIC_V3 = Buffer.from("C1Z3\0", "latin1");

/** Whether a file begins as a `.c1z` file does, of whatever version. False if there is none, or it cannot be read. */
export function beginsLikeC1z(path: string): boolean {
  let descriptor: number;
  try {
    // Opening a pipe would wait for its writer.
    if (!statSync(path).isFile()) return false;
    descriptor = openSync(path, "r");
  } catch {
    return false;
  }
  try {
    const magic = Buffer.alloc(MAGIC_V1.length);
    readSync(descriptor, magic, 0, magic.length, 0);
    return magic.equals(MAGIC_V1) || magic.equals(MAGIC_V3);
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}
