import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import packageFile from "../package.json" with { type: "json" };

/** Fields of the checkout's manifest that mean nothing to those who install the package, or do harm. */
const OF_THE_CHECKOUT: readonly string[] = [
  // A slip of `npm publish` in the checkout is refused; what is published is staged.
  "private",
  "scripts",
  "imports",
  "devDependencies",
  // Node itself, 211 MB, for those who build. The program runs on the Node that starts it.
  "optionalDependencies",
];

/** npm always takes these along. */
const ALWAYS = ["README.md", "LICENSE"];

/** The manifest that is published: the bundle holds everything, so it depends on nothing. */
export function publishedManifest(): Readonly<Record<string, unknown>> {
  const fields = Object.entries(packageFile).filter(([name]) => !OF_THE_CHECKOUT.includes(name));
  return Object.fromEntries(fields);
}

/** Lays out the npm package in a directory of its own, whole or not at all. */
export function stagePackage(root: string, directory: string): void {
  const draft = `${directory}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  for (const name of [...packageFile.files, ...ALWAYS]) {
    const [from, to] = [join(root, name), join(draft, name)];
    mkdirSync(dirname(to), { recursive: true });
    if (statSync(from).isDirectory()) cpSync(from, to, { recursive: true });
    else copyFileSync(from, to);
  }
  writeFileSync(join(draft, "package.json"), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`);
  rmSync(directory, { recursive: true, force: true });
  renameSync(draft, directory);
}
