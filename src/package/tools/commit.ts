import { execFileSync } from "node:child_process";

/**
 * The commit that a build is made from: the variable `BUILD_COMMIT`, for builds without a repository such as that of the
 * container image, else what git says, with `-dirty` after it if files differ. `unknown` without either.
 *
 * @throws Error if the variable holds something else
 */
export function findCommit(root: string, env: Readonly<Record<string, string | undefined>>): string {
  const given = env["BUILD_COMMIT"] ?? "";
  if (given !== "") {
    if (/^([0-9a-f]{7,64}(-dirty)?|unknown)$/.test(given)) return given;
    throw new Error("BUILD_COMMIT must be the hash of a commit");
  }
  try {
    const args = ["-C", root, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"];
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}
