/** The two sides that are compared, and how each is started. */

import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { buildGoPrograms } from "../interop/support/go-programs.ts";
import { EXECUTABLE } from "../interop/support/paths.ts";
import type { Command } from "./process-tree.ts";
import type { SimulatorProcess } from "./simulator-process.ts";

/**
 * A program with its settings. Go sides differ in how the host stores (`go`: its default, `go-sqlite`) and in the
 * rows they ask Codecov for at once (100, or 1,000 as we hand to the host, with `-1000`).
 */
export const SIDES = ["ours", "go", "go-1000", "go-sqlite", "go-sqlite-1000"] as const;
export type Side = (typeof SIDES)[number];

export interface Programs {
  readonly ours: string;
  readonly go: { readonly connector: string; readonly baton: string } | undefined;
}

const ROOT = join(import.meta.dirname, "..", "..");
/** Where results, files and profiles go; outside version control. */
export const WORK_DIRECTORY = join(ROOT, ".bench");

/** Builds our executable, as it is shipped. */
export async function buildOurs(): Promise<string> {
  mkdirSync(WORK_DIRECTORY, { recursive: true });
  execFileSync(process.execPath, [join(ROOT, "scripts", "build.ts")], { stdio: "inherit" });
  return await install(EXECUTABLE, "baton-codecov");
}

/** Builds both sides; the Go side only if there is a toolchain. */
export async function buildPrograms(): Promise<Programs> {
  const ours = await buildOurs();
  const programs = buildGoPrograms();
  if (!programs.available) {
    process.stderr.write(`Ours alone: ${programs.reason}\n`);
    return { ours, go: undefined };
  }
  const at = (name: string) => join(programs.directory, name);
  const connector = await install(at("reference-connector"), "reference-connector");
  return { ours, go: { connector, baton: at("baton") } };
}

/**
 * A copy of the program, so that a build in between does not change what is measured. It is written piece by piece,
 * as installers do it: Linux caches a file that was written in one go, like our executable by its linker, in large
 * pieces, each of which counts as memory of the process as soon as one byte of it is used.
 */
async function install(program: string, name: string): Promise<string> {
  const installed = join(WORK_DIRECTORY, name);
  rmSync(installed, { force: true });
  await pipeline(createReadStream(program), createWriteStream(installed, { mode: 0o755 }));
  return installed;
}

/** Whether the side exists on this machine. */
export function isAvailable(programs: Programs, side: Side): boolean {
  return side === "ours" || programs.go !== undefined;
}

export interface StartOptions {
  /** Also who holds what; else users only. */
  readonly access?: boolean;
  readonly args?: readonly string[];
}

/** How to start `side` for the organization of `simulator`. */
export function commandOf(
  programs: Programs,
  side: Side,
  simulator: SimulatorProcess,
  { access = false, args = [] }: StartOptions,
): Command {
  const isOurs = side === "ours";
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: process.env["HOME"] ?? "",
    BATON_CODECOV_API_TOKEN: simulator.token,
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.url,
    ...(isOurs || !access ? {} : { BATON_CODECOV_ACCESS: "true" }),
    ...(side.endsWith("-1000") ? { BATON_CODECOV_PAGE_SIZE: "1000" } : {}),
  };
  const usersOnly = access ? [] : ["--skip-entitlements-and-grants"];
  const engine = side.startsWith("go-sqlite") ? ["--storage-engine", "sqlite"] : [];
  return {
    program: isOurs ? programs.ours : (programs.go?.connector ?? ""),
    args: [...usersOnly, ...engine, ...args],
    env,
  };
}
