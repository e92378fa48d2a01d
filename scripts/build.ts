/**
 * `npm run build`: bundles the program into one file (`dist/baton-codecov.cjs`), lays out the npm package that ships
 * it (`build/package`), and packs that file together with Node into a single executable (`build/baton-codecov`).
 *
 * The bundle is CommonJS because single executables run scripts, and only scripts have a code cache, on which
 * half of the start-up time hangs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join } from "node:path";
import packageFile from "../package.json" with { type: "json" };
import { bundle } from "./bundle.ts";
import { findPackages } from "./components.ts";
import { trainCodeCaches } from "./executable/train.ts";
import { collectNotices, formatNotices, readNodeNotice } from "./licenses.ts";
import { type EmbeddedNode, makeSbom } from "./sbom.ts";
import { stagePackage } from "./stage-package.ts";

const root = join(import.meta.dirname, "..");
const bundled = join(root, "dist", "baton-codecov.cjs");
/** Beside each artefact, with what is in that one. */
const LICENSES = "THIRD_PARTY_LICENSES.txt";
const executable = join(root, "build", process.platform === "win32" ? "baton-codecov.exe" : "baton-codecov");

/**
 * Options of Node in the executable. Nearly all objects here live for one page only: a small space for new ones
 * saves memory and costs little. Most other flags of V8 must not stand here, because code caches, ours and those
 * of Node itself, are refused under them; {@link checkCaches} would tell. No signal opens the inspector, through which
 * secrets can be read.
 */
const FLAGS = ["--max-semi-space-size=2", "--min-semi-space-size=2", "--disable-sigusr1"];

rmSync(join(root, "dist"), { recursive: true, force: true });
const metafile = await bundle(join(root, "src", "bin", "baton-codecov.ts"), bundled);
report(bundled);
const contained = findPackages(root, metafile);
const notices = collectNotices(root, contained.packages);
writeFileSync(join(root, "dist", LICENSES), formatNotices(notices));
writeSbom(bundled);
// A container image is built without the documents of the npm package.
if (!process.argv.includes("--no-package")) stagePackage(root, join(root, "build", "package"));

if (process.argv.includes("--bundle-only")) process.exit(0);
if (Number(process.versions.node.split(".")[0]) < 26) {
  console.log("single executable skipped: it needs Node 26, this is", process.version);
  process.exit(0);
}
const parts = join(root, "build", "parts");
const part = (name: string): string => join(parts, name);
mkdirSync(parts, { recursive: true });
for (const name of ["entry", "trainee"]) {
  await bundle(join(root, "scripts", "executable", `${name}.ts`), part(`${name}.cjs`));
}
// As a function, which is what modules are run as.
writeFileSync(part("bundle"), Module.wrap(readFileSync(bundled, "latin1")), "latin1");
const caches = await trainCodeCaches(part("bundle"), part("trainee.cjs"));
for (const [role, cache] of Object.entries(caches)) writeFileSync(part(role), cache);
checkCaches(Object.keys(caches).map(part));
const smallNode = stripNode(part("node"));
const config = part("sea-config.json");
writeFileSync(
  config,
  JSON.stringify({
    main: part("entry.cjs"),
    assets: Object.fromEntries(
      ["bundle", "entry.cjs", ...Object.keys(caches)].map((name) => [name, part(name)]),
    ),
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
const nodeNotice = readNodeNotice(process.execPath, process.version);
writeFileSync(join(root, "build", LICENSES), formatNotices([nodeNotice, ...notices]));
writeSbom(executable, process);
report(executable);

/** Writes the bill of materials of an artefact beside it. */
function writeSbom(artefact: string, node?: EmbeddedNode): void {
  const { name, version, description, license } = packageFile;
  const sbom = makeSbom({ name, version, description, license, file: artefact }, contained, node);
  const target = join(dirname(artefact), `${name}.cdx.json`);
  writeFileSync(target, `${JSON.stringify(sbom, undefined, 2)}\n`);
}

/** A refused code cache would only show as a start that takes twice as long. */
function checkCaches(files: readonly string[]): void {
  const check = `
    const { Script } = require("node:vm");
    const { readFileSync } = require("node:fs");
    const [bundle, ...caches] = process.argv.slice(1);
    const source = readFileSync(bundle, "latin1");
    for (const cache of caches) {
      const script = new Script(source, { filename: "baton-codecov.cjs", cachedData: readFileSync(cache) });
      if (script.cachedDataRejected) throw new Error("Node refuses the code cache " + cache);
    }`;
  execFileSync(process.execPath, [...FLAGS, "-e", check, part("bundle"), ...files], { stdio: "inherit" });
}

/** Writes this Node without its debug symbols, a fifth smaller. Undefined where no tool can take them out. */
function stripNode(output: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    execFileSync("strip", ["--strip-unneeded", "-o", output, process.execPath], { stdio: "pipe" });
    return output;
  } catch (error) {
    console.log("debug symbols stay in the executable:", error instanceof Error ? error.message : error);
    return undefined;
  }
}

function report(file: string): void {
  console.log(`${file.slice(root.length + 1)}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
