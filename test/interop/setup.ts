import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { buildGoPrograms, type GoPrograms } from "./support/go-programs.ts";
import { OWN_PROGRAM, SCHEMA_FILE } from "./support/paths.ts";

declare module "vitest" {
  interface ProvidedContext {
    goPrograms: GoPrograms;
  }
}

/**
 * Builds the Go side once for all test files and writes down our settings for it. Where that cannot be done the suite skips itself and says why;
 * with `INTEROP_REQUIRED=1` it fails instead.
 */
export function setup(project: TestProject): void {
  const programs = buildGoPrograms();
  if (!programs.available) {
    if (process.env["INTEROP_REQUIRED"] === "1") {
      throw new Error(`the interop suite is required, but cannot run: ${programs.reason}`);
    }
    process.stderr.write(`\nThe interop suite is skipped: ${programs.reason}\n\n`);
  } else {
    const [program = "", ...args] = OWN_PROGRAM;
    writeFileSync(SCHEMA_FILE, execFileSync(program, [...args, "config"]));
    process.stderr.write(`Go programs ready after ${(programs.buildMs / 1000).toFixed(1)} s\n`);
  }
  project.provide("goPrograms", programs);
}
