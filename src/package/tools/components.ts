import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** A package of which something is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Its directory, relative to the root of the project. */
  readonly folder: string;
  /** Folders of the bundled packages that it imports. */
  readonly imports: readonly string[];
}

/** What is in a bundle besides this project's own code. */
export interface BundledPackages {
  /** By name and version. */
  readonly packages: readonly BundledPackage[];
  /** Folders of those that this project's own code imports. */
  readonly direct: readonly string[];
}

/**
 * The packages in a bundle, as the bundler tells: neither what is installed but not used, nor what was left out.
 *
 * @param root of the project, which the paths of the metafile are relative to
 * @throws Error if a package states no version or no licence
 */
export function findPackages(root: string, metafile: Metafile): BundledPackages {
  const contained = new Set(
    Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    ),
  );
  const folders = new Set([...contained].flatMap((path) => packageFolder(path) ?? []));
  /** By folder; the empty one is this project's own code. */
  const imports = new Map<string, Set<string>>();
  for (const path of contained) {
    const importer = packageFolder(path) ?? "";
    const found = imports.get(importer) ?? new Set();
    imports.set(importer, found);
    for (const { path: imported } of metafile.inputs[path]?.imports ?? []) {
      const folder = packageFolder(imported);
      if (folder !== undefined && folder !== importer && folders.has(folder)) found.add(folder);
    }
  }
  const packages = [...folders].map((folder) => ({
    ...readManifest(root, folder),
    folder,
    imports: [...(imports.get(folder) ?? [])].sort(),
  }));
  return { packages: packages.sort(byName), direct: [...(imports.get("") ?? [])].sort() };
}

/** The directory of the package that a file belongs to; undefined for files of this project. */
function packageFolder(path: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

function readManifest(root: string, folder: string): Pick<BundledPackage, "name" | "version" | "license"> {
  const manifest: unknown = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const { name, version, license } = manifest as Partial<Record<string, unknown>>;
  if (typeof name !== "string" || typeof version !== "string" || typeof license !== "string") {
    throw new Error(`${folder}/package.json has no name, version or licence`);
  }
  return { name, version, license };
}

function byName(a: BundledPackage, b: BundledPackage): number {
  return a.name === b.name ? compare(a.version, b.version) : compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
