/**
 * `npm run generate`: makes `gen/` from `proto/`, the TypeScript code and the compiled descriptor set.
 *
 * Works offline and always gives the same bytes for the same input. The result is made beside `gen/` and
 * only what differs is written, so a run without changes touches nothing.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const target = join(root, "gen");
const binaries = join(root, "node_modules", ".bin");

const fresh = mkdtempSync(join(tmpdir(), "generate-"));
try {
  runBuf("lint");
  runBuf("generate", "--output", fresh);
  runBuf("build", "--exclude-source-info", "--output", join(fresh, "gen", "descriptors.binpb"));
  writeDescriptorModule(join(fresh, "gen"));
  dropComments(join(fresh, "gen", "google", "protobuf"));
  const changed = replaceFiles(join(fresh, "gen"), target);
  console.log(changed === 0 ? "gen/ is up to date" : `gen/: ${changed} files changed`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

/** The plugin is a script that looks for `node` in the path; it must find the one that runs this. */
function runBuf(...args: string[]): void {
  const path = [dirname(process.execPath), binaries, process.env["PATH"]].join(delimiter);
  execFileSync(process.execPath, [join(root, "node_modules", "@bufbuild", "buf", "bin", "buf"), ...args], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

/** The descriptors once more as a module: a bundle or an executable has no files beside it to read. */
function writeDescriptorModule(directory: string): void {
  const base64 = readFileSync(join(directory, "descriptors.binpb")).toString("base64");
  const text = `// Generated from descriptors.binpb. DO NOT EDIT.

/** The compiled contract: a serialized google.protobuf.FileDescriptorSet. */
export const descriptorSetBase64 =
  "${base64}";
`;
  writeFileSync(join(directory, "descriptors.ts"), text);
}

/** The comments of protobuf's own types are not ours to hand on, and long. */
function dropComments(directory: string): void {
  for (const file of listFiles(directory)) {
    const path = join(directory, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, ""));
  }
}

/** Makes `to` equal to `from`; returns how many files were written or removed. */
function replaceFiles(from: string, to: string): number {
  mkdirSync(to, { recursive: true });
  const wanted = listFiles(from);
  const stale = listFiles(to).filter((file) => !wanted.includes(file));
  for (const file of stale) rmSync(join(to, file));
  const different = wanted.filter((file) => !isSame(join(from, file), join(to, file)));
  for (const file of different) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), readFileSync(join(from, file)));
  }
  return stale.length + different.length;
}

function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
}

function isSame(a: string, b: string): boolean {
  try {
    return readFileSync(a).equals(readFileSync(b));
  } catch {
    return false;
  }
}
