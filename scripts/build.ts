/**
 * `npm run build` makes what is published, in `build/`: the npm packages `baton-codecov` (the program, one bundled file) and
 * `baton-connector-sdk` (what it is written with), and the single executable `baton-codecov`. With `--executable-only` the
 * executable alone, as for the container image; with `--bundle-only` the bundle in `dist/` and the layout of its package.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildBundle, buildExecutable, type ProgramSource } from "#package/tools/build-program.ts";
import packageFile from "../package.json" with { type: "json" };
import { stagePackage } from "./stage-package.ts";
import { stageSdk } from "./stage-sdk.ts";
import { startTraining } from "./training.ts";

const root = join(import.meta.dirname, "..");
const build = join(root, "build");
const only = process.argv.find((argument) => argument.endsWith("-only"));
const { name, version, description, license } = packageFile;
const source: ProgramSource = {
  root,
  name,
  version,
  description,
  license,
  entry: join(root, "src", "bin", "baton-codecov.ts"),
  startTraining,
  report: console.log,
};

const bundled = await buildBundle(source);
// A container image is built without the documents of the npm packages.
if (only !== "--executable-only") stagePackage(root, join(build, "package"));
if (only === undefined) {
  await stageSdk(root, join(build, "sdk-package"));
  for (const directory of ["package", "sdk-package"]) pack(join(build, directory));
}
if (only !== "--bundle-only") await buildExecutable(source, bundled);

/** Makes the file that npm publishes, for example `build/baton-codecov-0.1.0.tgz`. */
function pack(directory: string): void {
  const options = { cwd: directory, encoding: "utf8", shell: process.platform === "win32" } as const;
  const packed = execFileSync(
    "npm",
    ["pack", "--json", "--pack-destination", build, "--ignore-scripts"],
    options,
  );
  const [{ filename, size }] = JSON.parse(packed) as [{ filename: string; size: number }];
  console.log(`build/${filename}: ${(size / 1e6).toFixed(1)} MB`);
}
