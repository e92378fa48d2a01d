import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundle } from "#package/tools/bundle.ts";

/** Paths of the programs that the tests run, each as one bundled file. */
export interface Programs {
  readonly codecov: string;
  readonly launcher: string;
  readonly toy: string;
  readonly failing: string;
  readonly example: string;
}

declare module "vitest" {
  interface ProvidedContext {
    programs: Programs;
  }
}

const root = join(import.meta.dirname, "..");

/**
 * Bundles the programs once for all test files, with the build's own function, so that what ships is what is tested.
 * The directory is this run's own: other runs and builds in the same checkout do not touch it. It is laid out like
 * the npm package.
 *
 * @returns what removes it
 */
export async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), "baton-programs-"));
  const programs: Programs = {
    codecov: join(directory, "dist", "baton-codecov.cjs"),
    launcher: join(directory, "bin", "baton-codecov.js"),
    toy: join(directory, "dist", "toy.cjs"),
    failing: join(directory, "dist", "failing.cjs"),
    example: join(directory, "dist", "example.cjs"),
  };
  const bundleAll = async (): Promise<void> => {
    await Promise.all([
      bundle({ root, entry: join(root, "src", "bin", "baton-codecov.ts"), outfile: programs.codecov }),
      bundle({ root, entry: join(root, "test", "fakes", "toy-program.ts"), outfile: programs.toy }),
      bundle({ root, entry: join(root, "test", "fakes", "failing-program.ts"), outfile: programs.failing }),
      bundle({ root, entry: join(root, "examples", "acme", "main.ts"), outfile: programs.example }),
    ]);
  };
  // Some tests run them as another user.
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, "bin"));
  copyFileSync(join(root, "bin", "baton-codecov.js"), programs.launcher);
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  await bundleAll();
  project.provide("programs", programs);
  // In watch mode.
  project.onTestsRerun(bundleAll);
  return () => rmSync(directory, { recursive: true, force: true });
}
