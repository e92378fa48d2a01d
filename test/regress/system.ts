import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

/** Whether tests can act as other users and change owners. */
export const isRoot = process.platform === "linux" && process.getuid?.() === 0;

/** Whether tests can mount file systems that nobody else sees. */
export const canMount =
  isRoot && spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

export const hasCompiler = process.platform === "linux" && spawnSync("gcc", ["--version"]).status === 0;

/** A user and a group that no system has. */
export const STRANGER = 54_321;

/** Starts a program as {@link STRANGER}, for `within`. */
export function asStranger(...groups: readonly number[]): string[] {
  const more = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  return ["setpriv", `--reuid=${STRANGER}`, `--regid=${STRANGER}`, more];
}

/** Starts a program after a script has changed the mounts, which only that program sees; for `within`. */
export function withMounts(script: string): string[] {
  return ["unshare", "-m", "sh", "-c", `set -e; ${script}; exec "$@"`, "sh"];
}

/** Compiles C source into a library to preload, beside what a test writes, and returns its path. */
export function compileShim(source: string, directory: string): string {
  const path = join(directory, "shim.so");
  execFileSync("gcc", ["-shared", "-fPIC", "-o", path, "-x", "c", "-", "-ldl"], { input: source });
  return path;
}

/** A directory that goes with the test and that everybody may look into. */
export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-regress-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  return directory;
}

/** A simulated Codecov for one test, with the settings to sync from it. */
export async function startCodecov(): Promise<{
  readonly simulator: CodecovSimulator;
  readonly env: Readonly<Record<string, string>>;
}> {
  const simulator = await startCodecovSimulator();
  onTestFinished(() => simulator.close());
  return {
    simulator,
    env: {
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
  };
}
