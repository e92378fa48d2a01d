/**
 * How a program becomes one file. The build ships such a file, alone and inside the executable, and tests can run the
 * same.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions, Metafile, Plugin } from "esbuild";
import { findCommit } from "./commit.ts";
import { leanBundle, refuseLeftOut } from "./lean-bundle.ts";

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

/** What to bundle. */
export interface BundleOptions {
  /** Directory of the project, with its `node_modules`. */
  readonly root: string;
  /** The program's main module. */
  readonly entry: string;
  /** The file to write. */
  readonly outfile: string;
  /** Texts that the code finds as constants of these names. */
  readonly constants?: Readonly<Record<string, string>>;
}

/**
 * Bundles a program into one CommonJS file, which it writes. The constant `BUILD_COMMIT` holds the commit.
 *
 * @returns what went into it; paths in it are relative to the root
 * @throws Error if the file would fail where the sources do not
 */
export async function bundle({ root, entry, outfile, constants = {} }: BundleOptions): Promise<Metafile> {
  // A project that has only been created has no bundler yet.
  const { build } = await import("esbuild");
  const texts = { BUILD_COMMIT: findCommit(root, process.env), ...constants };
  const define = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, JSON.stringify(text)]),
  );
  const options = { ...OPTIONS, absWorkingDir: root, define, entryPoints: [entry], outfile };
  const { metafile } = await build({ ...options, metafile: true });
  for (const [file, { imports }] of Object.entries(metafile.inputs)) {
    if (file.includes("node_modules/") || !imports.some(({ original }) => original === "undici")) continue;
    refuseLeftOut(readFileSync(join(root, file), "utf8"), file);
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
  throw new Error(`${file} contains an import(), which does not work in the executable: …${place}…`);
}
