import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { basename, dirname, extname, join, relative } from "node:path";
import { OTHER_RUNS_COMMAND } from "#cli/commands.ts";
import { messageOf } from "#kernel/errors.ts";
import { bundle } from "./bundle.ts";
import { type BundledPackages, findPackages } from "./components.ts";
import { type Training, trainCodeCaches } from "./executable/train.ts";
import { collectNotices, formatNotices, readNodeNotice } from "./licenses.ts";
import { type EmbeddedNode, makeSbom } from "./sbom.ts";

/** Beside each artefact, with what is in that one. */
const LICENSES = "THIRD_PARTY_LICENSES.txt";

/** The oldest Node that packs single executables by itself. */
const OLDEST_NODE = 26;

/**
 * Options of Node in the executable. Nearly all objects here live for one page only: a small space for new ones
 * saves memory and costs little. Most other flags of V8 must not stand here, because code caches, ours and those
 * of Node itself, are refused under them; {@link checkCaches} would tell. No signal opens the inspector, through which
 * secrets can be read.
 */
const FLAGS = ["--max-semi-space-size=2", "--min-semi-space-size=2", "--disable-sigusr1"];

/** A program, and where what is built of it goes: the bundle to `dist`, the executable to `build`. */
export interface ProgramSource {
  /** Directory of the project. */
  readonly root: string;
  /** Name of the program, for example `baton-acme`. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** An SPDX expression. */
  readonly license: string;
  /** The main module. */
  readonly entry: string;
  /** Starts the upstream on which the executable learns to start fast. */
  readonly startTraining?: (() => Promise<Training>) | undefined;
  /** Takes a line for each artefact. */
  readonly report: (line: string) => void;
}

/** A bundle, and what is in it. */
export interface BuiltBundle {
  readonly file: string;
  readonly contained: BundledPackages;
}

/**
 * Bundles a program into `dist/<name>.cjs`, with licence texts and a bill of materials beside it. The bundle is CommonJS
 * because single executables run scripts, and only scripts have a code cache, on which half of the start-up time hangs.
 *
 * @throws Error if a package states no licence, or the bundle would not run
 */
export async function buildBundle(source: ProgramSource): Promise<BuiltBundle> {
  const { root, name, entry } = source;
  const file = join(root, "dist", `${name}.cjs`);
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const contained = findPackages(root, await bundle({ root, entry, outfile: file }));
  writeFileSync(join(dirname(file), LICENSES), formatNotices(collectNotices(root, contained.packages)));
  writeSbom(source, file, contained);
  reportSize(source, file);
  return { file, contained };
}

/**
 * Packs a bundle together with this Node into a single executable, with licence texts and a bill of materials beside it.
 *
 * @returns its path; undefined if this Node cannot make one, which is reported
 * @throws Error if training or packing fails
 */
export async function buildExecutable(
  source: ProgramSource,
  { file: bundled, contained }: BuiltBundle,
): Promise<string | undefined> {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
    source.report(`single executable skipped: it needs Node ${OLDEST_NODE}, this is ${process.version}`);
    return undefined;
  }
  const { root, name } = source;
  const executable = join(root, "build", process.platform === "win32" ? `${name}.exe` : name);
  const parts = join(root, "build", "parts");
  const part = (file: string): string => join(parts, file);
  mkdirSync(parts, { recursive: true });
  // These are sources in a checkout and JavaScript in the package.
  const ending = extname(import.meta.filename);
  const otherRuns = execFileSync(process.execPath, [bundled, OTHER_RUNS_COMMAND], { encoding: "utf8" });
  for (const script of ["entry", "trainee"]) {
    const constants = { BUNDLE_NAME: basename(bundled), OTHER_RUNS: otherRuns };
    const entry = join(import.meta.dirname, "executable", script + ending);
    await bundle({ root, entry, outfile: part(`${script}.cjs`), constants });
  }
  // As a function, which is what modules are run as.
  writeFileSync(part("bundle"), Module.wrap(readFileSync(bundled, "latin1")), "latin1");
  const caches = await trainCodeCaches(part("bundle"), part("trainee.cjs"), source.startTraining);
  for (const [role, cache] of Object.entries(caches)) writeFileSync(part(role), cache);
  checkCaches(part("bundle"), basename(bundled), Object.keys(caches).map(part));
  const smallNode = stripNode(part("node"), source);
  const config = part("sea-config.json");
  const assets = ["bundle", "entry.cjs", ...Object.keys(caches)].map((asset) => [asset, part(asset)]);
  writeFileSync(
    config,
    JSON.stringify({
      main: part("entry.cjs"),
      assets: Object.fromEntries(assets),
      output: executable,
      ...(smallNode === undefined ? {} : { executable: smallNode }),
      disableExperimentalSEAWarning: true,
      execArgv: FLAGS,
      // Arguments after the program's name are the program's own, never Node's.
      execArgvExtension: "none",
    }),
  );
  execFileSync(process.execPath, ["--build-sea", config], { stdio: "inherit" });
  rmSync(parts, { recursive: true });
  const notices = [
    readNodeNotice(process.execPath, process.version),
    ...collectNotices(root, contained.packages),
  ];
  writeFileSync(join(dirname(executable), LICENSES), formatNotices(notices));
  writeSbom(source, executable, contained, process);
  reportSize(source, executable);
  return executable;
}

/** Writes the bill of materials of an artefact beside it. */
function writeSbom(
  { name, version, description, license }: ProgramSource,
  file: string,
  contained: BundledPackages,
  node?: EmbeddedNode,
): void {
  const sbom = makeSbom({ name, version, description, license, file }, contained, node);
  writeFileSync(join(dirname(file), `${name}.cdx.json`), `${JSON.stringify(sbom, undefined, 2)}\n`);
}

/** A refused code cache would only show as a start that takes twice as long. */
function checkCaches(wrapped: string, filename: string, files: readonly string[]): void {
  const check = `
    const { Script } = require("node:vm");
    const { readFileSync } = require("node:fs");
    const [bundle, filename, ...caches] = process.argv.slice(1);
    const source = readFileSync(bundle, "latin1");
    for (const cache of caches) {
      const script = new Script(source, { filename, cachedData: readFileSync(cache) });
      if (script.cachedDataRejected) throw new Error("Node refuses the code cache " + cache);
    }`;
  execFileSync(process.execPath, [...FLAGS, "-e", check, wrapped, filename, ...files], { stdio: "inherit" });
}

/** Writes this Node without its debug symbols, a fifth smaller. Undefined where no tool can take them out. */
function stripNode(output: string, { report }: ProgramSource): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    execFileSync("strip", ["--strip-unneeded", "-o", output, process.execPath], { stdio: "pipe" });
    return output;
  } catch (error) {
    const reason = messageOf(error);
    report(`debug symbols stay in the executable: ${reason}`);
    return undefined;
  }
}

function reportSize({ root, report }: ProgramSource, file: string): void {
  report(`${relative(root, file)}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
