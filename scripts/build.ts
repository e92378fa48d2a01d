/**
 * `npm run build`: bundles the program into one file (`dist/baton-codecov.cjs`, what the npm package
 * ships) and packs that file together with Node into a single executable (`build/baton-codecov`).
 *
 * The bundle is CommonJS because single executables run scripts, and only scripts have a code cache, on which
 * half of the start-up time hangs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { trainCodeCaches } from "./executable/train.ts";

const root = join(import.meta.dirname, "..");
const bundle = join(root, "dist", "baton-codecov.cjs");
const executable = join(root, "build", process.platform === "win32" ? "baton-codecov.exe" : "baton-codecov");

/** The OpenTelemetry exporter loads gRPC through a function of its own, which the bundler cannot see through. */
const followGrpc: Plugin = {
  name: "follow-grpc",
  setup: (builder) => {
    builder.onLoad({ filter: /otlp-grpc-exporter-base[\\/]dist[\\/].*\.mjs$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(
        '__require("@grpc/grpc-js")',
        'require("@grpc/grpc-js")',
      ),
    }));
  },
};

rmSync(join(root, "dist"), { recursive: true, force: true });
// Names stay as they are: stack traces are read by people.
const asScript: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  plugins: [followGrpc],
};
const { metafile } = await build({
  ...asScript,
  entryPoints: [join(root, "src", "bin", "baton-codecov.ts")],
  outfile: bundle,
  metafile: true,
});
report(bundle);
writeFileSync(join(root, "dist", "THIRD_PARTY_LICENSES.txt"), collectLicenses(metafile));

if (process.argv.includes("--bundle-only")) process.exit(0);
if (Number(process.versions.node.split(".")[0]) < 26) {
  console.log("single executable skipped: it needs Node 26, this is", process.version);
  process.exit(0);
}
const parts = join(root, "build", "parts");
const part = (name: string): string => join(parts, name);
mkdirSync(parts, { recursive: true });
for (const name of ["entry", "trainee"]) {
  await build({
    ...asScript,
    entryPoints: [join(root, "scripts", "executable", `${name}.ts`)],
    outfile: part(`${name}.cjs`),
  });
}
const caches = await trainCodeCaches(bundle, part("trainee.cjs"));
for (const [role, cache] of Object.entries(caches)) writeFileSync(part(role), cache);
const config = part("sea-config.json");
writeFileSync(
  config,
  JSON.stringify({
    main: part("entry.cjs"),
    assets: { bundle, connector: part("connector"), host: part("host") },
    output: executable,
    disableExperimentalSEAWarning: true,
    // Nearly all objects here live for one page only, so that collecting them early costs a sync of 100,000
    // members a sixth more processor time and saves 120 MB in each process, however many members there are.
    execArgv: ["--max-semi-space-size=2", "--heap-growing-percent=100"],
    // Arguments after the program's name are the program's own, never Node's.
    execArgvExtension: "none",
  }),
);
execFileSync(process.execPath, ["--build-sea", config], { stdio: "inherit" });
rmSync(parts, { recursive: true });
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
