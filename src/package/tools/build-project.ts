import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BatonError, Code } from "#kernel/errors.ts";
import { buildBundle, buildExecutable, type ProgramSource } from "./build-program.ts";
import type { Training } from "./executable/train.ts";

/** Oldest Node that runs the bundle. */
const OLDEST_NODE = 24;

/** Documents of a project that its npm package takes along, if they are there. */
const DOCUMENTS: readonly string[] = ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "docs"];

/**
 * What the build reads of a project's `package.json`, beside the usual fields:
 * `"batonConnector": { "entry": "src/main.ts", "training": "test/training.ts" }`. The module of `training`, which may be
 * absent, exports `startTraining`: see {@link Training}.
 */
interface ProjectManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly entry: string;
  readonly training: string | undefined;
  /** Other fields that the published manifest repeats. */
  readonly repeated: Readonly<Record<string, unknown>>;
}

const REPEATED: readonly string[] = ["author", "repository", "bugs", "homepage", "keywords"];

/**
 * Builds the project of a connector: the bundle in `dist/`; in `build/` the npm package, which depends on nothing, and the
 * single executable.
 *
 * @param only stops before, or leaves out, everything else
 * @throws BatonError FailedPrecondition if the project says too little, or lacks the bundler; Error what a step fails with
 */
export async function buildProject(
  root: string,
  only: "bundle" | "executable" | undefined,
  say: (line: string) => void,
): Promise<void> {
  const manifest = readManifest(root);
  const source: ProgramSource = {
    root,
    ...manifest,
    entry: join(root, manifest.entry),
    startTraining: await findTraining(root, manifest.training),
    report: say,
  };
  const bundled = await buildBundle(source).catch(explainMissingBundler);
  if (only === "bundle") return;
  if (only === undefined) {
    stageProgram(root, manifest, bundled.file);
    pack(root, say);
  }
  await buildExecutable(source, bundled);
}

function readManifest(root: string): ProjectManifest {
  const path = join(root, "package.json");
  if (!existsSync(path)) {
    throw new BatonError(
      Code.FailedPrecondition,
      `${path} does not exist; run the build in the directory of the project`,
    );
  }
  const fields = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, unknown>>;
  const build = (fields["batonConnector"] ?? {}) as Readonly<Record<string, unknown>>;
  const text = (from: Readonly<Record<string, unknown>>, name: string): string => {
    const value = from[name];
    if (typeof value === "string" && value !== "") return value;
    const place = from === build ? `batonConnector.${name}` : name;
    throw new BatonError(Code.FailedPrecondition, `${path} needs a string as "${place}"`);
  };
  return {
    name: text(fields, "name"),
    version: text(fields, "version"),
    description: text(fields, "description"),
    license: text(fields, "license"),
    entry: text(build, "entry"),
    training: build["training"] === undefined ? undefined : text(build, "training"),
    repeated: Object.fromEntries(REPEATED.flatMap((name) => (name in fields ? [[name, fields[name]]] : []))),
  };
}

async function findTraining(
  root: string,
  training: string | undefined,
): Promise<(() => Promise<Training>) | undefined> {
  if (training === undefined) return undefined;
  const module: unknown = await import(pathToFileURL(join(root, training)).href);
  if (isTraining(module)) return () => module.startTraining();
  throw new BatonError(Code.FailedPrecondition, `${training} exports no function startTraining`);
}

function isTraining(module: unknown): module is { startTraining(): Promise<Training> } {
  return (
    typeof module === "object" &&
    module !== null &&
    "startTraining" in module &&
    typeof module.startTraining === "function"
  );
}

function explainMissingBundler(error: unknown): never {
  if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") {
    throw new BatonError(Code.FailedPrecondition, "the build needs esbuild: npm install --save-dev esbuild", {
      cause: error,
    });
  }
  throw error;
}

/** Lays out the npm package of the program, whole or not at all. */
function stageProgram(root: string, manifest: ProjectManifest, bundle: string): void {
  const directory = join(root, "build", "package");
  const draft = `${directory}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(join(draft, "bin"), { recursive: true });
  cpSync(join(root, "dist"), join(draft, "dist"), { recursive: true });
  for (const name of DOCUMENTS) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(draft, name), { recursive: true });
  }
  const { name, version, description, license, repeated } = manifest;
  writeFileSync(join(draft, "bin", `${name}.js`), launcher(name), { mode: 0o755 });
  for (const [file, command] of [
    ["config_schema.json", "config"],
    ["baton_capabilities.json", "capabilities"],
  ] as const) {
    writeFileSync(join(draft, file), execFileSync(process.execPath, [bundle, command]));
  }
  const published = {
    name,
    version,
    description,
    license,
    ...repeated,
    type: "module",
    bin: { [name]: `bin/${name}.js` },
    engines: { node: `>=${OLDEST_NODE}` },
  };
  writeFileSync(join(draft, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
  rmSync(directory, { recursive: true, force: true });
  renameSync(draft, directory);
}

/** Plain JavaScript without modern syntax: an old Node has to get far enough to say what is wrong. */
function launcher(name: string): string {
  return `#!/usr/bin/env node
if (Number(process.versions.node.split(".")[0]) < ${OLDEST_NODE}) {
  process.stderr.write("${name} needs Node ${OLDEST_NODE} or newer, this is " + process.version + "\\n");
  process.exitCode = 2;
} else {
  process.on("SIGUSR1", () => {});
  const bundle = new URL("../dist/${name}.cjs", import.meta.url);
  await import(bundle.href);
}
`;
}

function pack(root: string, say: (line: string) => void): void {
  const build = join(root, "build");
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", build];
  const options = {
    cwd: join(build, "package"),
    encoding: "utf8",
    shell: process.platform === "win32",
  } as const;
  const [{ filename, size }] = JSON.parse(execFileSync("npm", args, options)) as [
    { filename: string; size: number },
  ];
  say(`${join("build", filename)}: ${(size / 1e6).toFixed(1)} MB`);
}
