/**
 * `npm run build`: bundles the program into one file (`dist/baton-codecov.cjs`, what the npm package
 * ships) and packs that file together with Node into a single executable (`build/baton-codecov`).
 *
 * The bundle is CommonJS because V8's code cache, which a third of the start-up time hangs on, is
 * available to single executables with a CommonJS entry on every Node this project supports.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";

const root = join(import.meta.dirname, "..");
const bundle = join(root, "dist", "baton-codecov.cjs");
const executable = join(root, "build", process.platform === "win32" ? "baton-codecov.exe" : "baton-codecov");

rmSync(join(root, "dist"), { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [join(root, "src", "bin", "baton-codecov.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: "none",
  metafile: true,
});
report(bundle);
writeFileSync(join(root, "dist", "THIRD_PARTY_LICENSES.txt"), collectLicenses(metafile));

if (process.argv.includes("--bundle-only")) process.exit(0);
if (Number(process.versions.node.split(".")[0]) < 26) {
  console.log("single executable skipped: it needs Node 26, this is", process.version);
  process.exit(0);
}
mkdirSync(join(root, "build"), { recursive: true });
const config = join(root, "build", "sea-config.json");
writeFileSync(
  config,
  JSON.stringify({
    main: bundle,
    output: executable,
    useCodeCache: true,
    disableExperimentalSEAWarning: true,
    // Arguments after the program's name are the program's own, never Node's.
    execArgvExtension: "none",
  }),
);
execFileSync(process.execPath, ["--build-sea", config], { stdio: "inherit" });
report(executable);

/** The licence texts of every package that went into the bundle, which they ask to be shipped with. */
function collectLicenses(metafile: Metafile): string {
  const packages = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name !== undefined) packages.add(name);
  }
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
      return `${name} ${version} (${license})\n${text}`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

function report(file: string): void {
  console.log(`${file.slice(root.length + 1)}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}
