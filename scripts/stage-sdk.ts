import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import packageFile from "../package.json" with { type: "json" };

/** Sources by what the package offers them as. */
const ENTRIES: Readonly<Record<string, string>> = {
  ".": "src/package/index.ts",
  "./testing": "src/package/testing.ts",
  "./wire": "src/package/wire.ts",
};

/** The package's own command, and what it packs into executables. */
const TOOLS: readonly string[] = [
  "src/package/tools/tool-command.ts",
  "src/package/tools/executable/entry.ts",
  "src/package/tools/executable/trainee.ts",
];

/** Taken along as they are; the tools look for them beside themselves. */
const DATA: readonly string[] = ["src/package/tools/licenses", "src/package/tools/template"];

type Manifest = Readonly<Record<string, unknown>>;

/** What an author's own code imports as well, so that there must be one copy; and the bundler, which only builds need. */
const PEERS: readonly string[] = ["zod", "esbuild"];

/**
 * Lays out the npm package `baton-connector-sdk` in a directory of its own, whole or not at all: for each source that the
 * entries reach JavaScript, a source map and declarations, in the folders of the repository.
 *
 * @throws Error if a source has a mistake of types, or imports something that no manifest names
 */
export async function stageSdk(root: string, directory: string): Promise<void> {
  const draft = `${directory}.draft`;
  rmSync(draft, { recursive: true, force: true });
  emitDeclarations(root, join(draft, "dist"), [...Object.values(ENTRIES), ...TOOLS]);
  const imported = new Set<string>();
  for (const declaration of listFiles(join(draft, "dist"))) {
    for (const name of await emitScript(root, draft, declaration)) imported.add(name);
  }
  for (const data of DATA) cpSync(join(root, data), join(draft, "dist", data), { recursive: true });
  for (const name of ["LICENSE", "CHANGELOG.md"]) cpSync(join(root, name), join(draft, name));
  for (const name of ["README.md", "bin"])
    cpSync(join(root, "src", "package", name), join(draft, name), { recursive: true });
  const manifest = sdkManifest([...imported].sort());
  writeFileSync(join(draft, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  rmSync(directory, { recursive: true, force: true });
  renameSync(draft, directory);
}

/**
 * Emits the declarations of these sources and of all that they import.
 *
 * @param root of the checkout
 * @param outDir gets them in the folders of the repository
 */
export function emitDeclarations(root: string, outDir: string, entries: readonly string[]): void {
  mkdirSync(outDir, { recursive: true });
  const config = join(outDir, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    // It would take what the checkout was last checked with for emitted.
    incremental: false,
    tsBuildInfoFile: null,
    emitDeclarationOnly: true,
    declaration: true,
    rootDir: root,
    outDir,
    // The configuration does not lie in the checkout.
    typeRoots: [join(root, "node_modules", "@types")],
  };
  const files = entries.map((entry) => join(root, entry));
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", config], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  rmSync(config);
}

function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => join(directory, name));
}

/**
 * Writes the script and the source map that belong to a declaration, and lets both name the files that are there.
 *
 * @returns the packages that the script imports
 */
async function emitScript(root: string, draft: string, declaration: string): Promise<string[]> {
  const path = declaration.slice(join(draft, "dist").length + 1, -".d.ts".length);
  const source = readFileSync(join(root, `${path}.ts`), "utf8");
  const { code, map } = await transform(source, {
    loader: "ts",
    target: "node24",
    sourcemap: "external",
    // In the package, where no sources are; their text is in the map.
    sourcefile: `${path.split(/[\\/]/).at(-1)}.ts`,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  const script = join(draft, "dist", `${path}.js`);
  mkdirSync(dirname(script), { recursive: true });
  const name = script.split(/[\\/]/).at(-1);
  writeFileSync(script, `${nameScripts(code)}//# sourceMappingURL=${name}.map\n`);
  writeFileSync(`${script}.map`, map);
  writeFileSync(declaration, nameScripts(readFileSync(declaration, "utf8")));
  return [...code.matchAll(/(?:from |import |import\()"([^"#.][^"]*)"/g)].flatMap(([, specifier = ""]) =>
    specifier.startsWith("node:") ? [] : (/^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? []),
  );
}

/** As long as before, so that source maps stay true. */
function nameScripts(code: string): string {
  return code.replaceAll(/((?:from|import)[\s(]*"[#.][^"]*)\.ts"/g, '$1.js"');
}

/** The manifest that is published. @param imported packages of which the code makes use */
function sdkManifest(imported: readonly string[]): Manifest {
  const { version, license, repository, bugs, homepage, engines, imports, devDependencies } = packageFile;
  const versions: Readonly<Record<string, string | undefined>> = devDependencies;
  // Exactly those that this repository is tested with: the tools know the inside of some of them.
  const versionOf = (name: string): string => {
    const found = versions[name];
    if (found === undefined)
      throw new Error(`the sources of the SDK import ${name}, which package.json does not name`);
    return found;
  };
  const dependencies = imported.filter((name) => !PEERS.includes(name));
  return {
    name: "baton-connector-sdk",
    version,
    description:
      "Write connectors that tell identity-governance platforms who has access to what, in TypeScript",
    keywords: ["baton", "connector", "conductorone", "identity", "access-review"],
    license,
    homepage,
    repository,
    bugs,
    type: "module",
    bin: { "baton-connector-sdk": "bin/baton-connector-sdk.js" },
    exports: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([name, source]) => [name, exportOf(source)])),
      "./package.json": "./package.json",
    },
    imports: Object.fromEntries(
      Object.entries(imports)
        .filter(([name]) => name !== "#codecov/*")
        .map(([name, target]) => [name, `./dist/${target.slice("./".length)}`]),
    ),
    files: ["bin", "dist", "CHANGELOG.md"],
    engines,
    dependencies: Object.fromEntries(dependencies.map((name) => [name, versionOf(name)])),
    peerDependencies: Object.fromEntries(PEERS.map((name) => [name, `^${versionOf(name)}`])),
    peerDependenciesMeta: { esbuild: { optional: true } },
  };
}

function exportOf(source: string) {
  const base = `./dist/${source.slice(0, -".ts".length)}`;
  return { types: `${base}.d.ts`, default: `${base}.js` };
}
