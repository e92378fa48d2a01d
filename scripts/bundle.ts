/**
 * How this project's programs become one file each. The build ships such a file, alone and inside the executable,
 * and the tests run the same.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { findCommit } from "./commit.ts";
import { leanBundle, refuseLeftOut } from "./lean-bundle.ts";

const ROOT = join(import.meta.dirname, "..");

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

// Names stay as they are: stack traces are read by people.
const OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  // The executable runs scripts through `node:vm`, where `import()` fails; `require` works everywhere.
  supported: { "dynamic-import": false },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  plugins: [followGrpc, leanBundle],
};

/**
 * Bundles a program into one CommonJS file, which it writes.
 *
 * @returns what went into it; paths in it are relative to the root of the checkout
 * @throws Error if the file would fail where the sources do not
 */
export async function bundle(entry: string, outfile: string): Promise<Metafile> {
  const define = { BUILD_COMMIT: JSON.stringify(findCommit(ROOT, process.env)) };
  const { metafile } = await build({ ...OPTIONS, define, entryPoints: [entry], outfile, metafile: true });
  for (const [file, { imports }] of Object.entries(metafile.inputs)) {
    if (file.startsWith("node_modules/") || !imports.some(({ original }) => original === "undici")) continue;
    refuseLeftOut(readFileSync(join(ROOT, file), "utf8"), file);
  }
  refuseDynamicImport(readFileSync(outfile, "utf8"), outfile);
  return metafile;
}

/**
 * @param source of a script without comments
 * @throws Error if it holds an `import()`: Node refuses that in compiled code with
 * `ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING`, and only when the line is reached
 */
export function refuseDynamicImport(source: string, file: string): void {
  const found = /(?<![\w$.])import\s*\(/.exec(source);
  if (found === null) return;
  const place = source.slice(Math.max(0, found.index - 60), found.index + 60);
  throw new Error(`${file} holds an import(), which does not work in the executable: …${place}…`);
}
