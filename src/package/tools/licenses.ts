import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BundledPackage } from "./components.ts";

/**
 * Texts for packages that ship none, by the package's name with `+` for `/`. Each is a copy of what the files of the
 * package say at their heads, and of the licences that these refer to.
 */
const KEPT = join(import.meta.dirname, "licenses");

const SEPARATOR = `\n\n${"-".repeat(80)}\n\n`;

/** A component and the texts that it asks to be shipped with. */
interface Notice {
  /** For example `pino 10.4.0 (MIT)`. */
  readonly title: string;
  readonly text: string;
}

/**
 * The licence texts of the packages in a bundle.
 *
 * @param root of the project
 * @throws Error for a package without a text
 */
export function collectNotices(root: string, packages: readonly BundledPackage[]): Notice[] {
  return packages.map(({ name, version, license, folder }) => ({
    title: `${name} ${version} (${license})`,
    text: readTexts(join(root, folder)) ?? readKept(name),
  }));
}

/**
 * Node's own licence with those of everything in it (V8, OpenSSL, ICU and more): one file, which comes with Node.
 *
 * @param executable of Node
 * @throws Error if there is none where Node's archives and packages have it
 */
export function readNodeNotice(executable: string, version: string): Notice {
  const bin = dirname(realpathSync(executable));
  const candidates = [join(bin, "..", "LICENSE"), join(bin, "LICENSE")];
  for (const path of candidates) {
    if (!existsSync(path)) continue;
    const text = readFileSync(path, "utf8").trim();
    if (/Node\.js/.test(text) && /OpenSSL/.test(text)) return { title: `Node.js ${version}`, text };
  }
  throw new Error(
    `Node's licence is in none of ${candidates.join(", ")}; build with a Node from nodejs.org, from its image or from this project's packages`,
  );
}

/** All notices as one text. */
export function formatNotices(notices: readonly Notice[]): string {
  return `${notices.map(({ title, text }) => `${title}\n\n${text}`).join(SEPARATOR)}\n`;
}

/** Licence and notice files of a package; undefined if it has no licence file. */
function readTexts(folder: string): string | undefined {
  const files = readdirSync(folder).sort();
  const licences = files.filter((file) => /^(un)?licen[cs]e/i.test(file) || /^copying/i.test(file));
  if (licences.length === 0) return undefined;
  const notices = files.filter((file) => /^notice/i.test(file));
  const texts = [...licences, ...notices].map((file) => readFileSync(join(folder, file), "utf8").trim());
  return texts.some((text) => text === "") ? undefined : texts.join("\n\n");
}

function readKept(name: string): string {
  const path = join(KEPT, `${name.replaceAll("/", "+")}.txt`);
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  throw new Error(
    `${name} ships no licence text; keep one as ${path}, copied from the package or its source`,
  );
}
