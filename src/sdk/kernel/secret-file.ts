import { BatonError, Code } from "./errors.ts";
import type { Secret } from "./secret.ts";
import { describeUnreadable } from "./system-error.ts";

/** Where a secret comes from: a setting that holds it, or a file that may hold another one later. */
export type SecretOrigin = { readonly value: Secret } | { readonly file: string };

/**
 * What a file that holds a secret says now, as it stands there.
 *
 * @param setting names the file, for example `--client-secret-file`
 * @throws BatonError InvalidArgument that names setting and file, and what to do
 */
export async function readSecretFile(setting: string, path: string): Promise<string> {
  try {
    const { readFile } = await import("node:fs/promises");
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BatonError(
      Code.InvalidArgument,
      `${setting} ${path} cannot be read: ${describeUnreadable(cause)}`,
      { cause, kind: "configuration" },
    );
  }
}
