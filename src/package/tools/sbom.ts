import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { BundledPackage, BundledPackages } from "./components.ts";

/** What a bill of materials is about. */
export interface Artefact {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** An SPDX expression. */
  readonly license: string;
  /** The file itself, whose hash goes into the bill. */
  readonly file: string;
}

/** Node, as it is in an executable. */
export interface EmbeddedNode {
  /** `process.versions` of that Node. */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/** Entries of `process.versions` that are not software: Node itself, and numbers of interfaces. */
const NO_PARTS = new Set(["node", "modules", "napi"]);
/** Entries that are data. */
const DATA = new Set(["cldr", "tz", "unicode"]);

/**
 * The bill of materials of an artefact in CycloneDX 1.6: what is really in it, by the bundler's own account and that
 * of the Node that is packed. The same artefact gives the same bill: it holds no time and no random number.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function makeSbom(artefact: Artefact, bundled: BundledPackages, node?: EmbeddedNode): object {
  const sha256 = createHash("sha256").update(readFileSync(artefact.file)).digest("hex");
  const self = `pkg:npm/${artefact.name}@${artefact.version}`;
  const references = new Map(bundled.packages.map((entry) => [entry.folder, packageUrl(entry)]));
  const toReferences = (folders: readonly string[]) =>
    folders.flatMap((folder) => references.get(folder) ?? []).sort();
  const nodes = node === undefined ? [] : [describeNode(node)];
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${toUuid(sha256)}`,
    version: 1,
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: {
        type: "application",
        "bom-ref": self,
        name: artefact.name,
        version: artefact.version,
        description: artefact.description,
        hashes: [{ alg: "SHA-256", content: sha256 }],
        licenses: describeLicense(artefact.license),
        purl: self,
      },
    },
    components: [...nodes, ...bundled.packages.map(describePackage)],
    dependencies: [
      {
        ref: self,
        dependsOn: [...nodes.map((entry) => entry["bom-ref"]), ...toReferences(bundled.direct)],
      },
      ...nodes.map((entry) => ({ ref: entry["bom-ref"] })),
      ...bundled.packages.map((entry) => ({
        ref: packageUrl(entry),
        dependsOn: toReferences(entry.imports),
      })),
    ],
  };
}

function describePackage(entry: BundledPackage) {
  const [scope, name] = entry.name.startsWith("@") ? entry.name.split("/") : [undefined, entry.name];
  return {
    type: "library",
    "bom-ref": packageUrl(entry),
    ...(scope === undefined ? {} : { group: scope }),
    name: name ?? entry.name,
    version: entry.version,
    licenses: describeLicense(entry.license),
    purl: packageUrl(entry),
  };
}

function describeNode({ versions }: EmbeddedNode) {
  const { node: version = "" } = versions;
  const parts = Object.entries(versions)
    // A part that was left out has an empty version.
    .flatMap(([name, found]) => (!found || NO_PARTS.has(name) ? [] : [{ name, version: found }]))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    type: "platform",
    "bom-ref": genericUrl("node", version),
    name: "node",
    version,
    description: "Node.js, with its licence and those of its parts in THIRD_PARTY_LICENSES.txt",
    licenses: describeLicense("MIT"),
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    purl: genericUrl("node", version),
    components: parts.map((part) => ({
      type: DATA.has(part.name) ? "data" : "library",
      "bom-ref": `${genericUrl("node", version)}#${part.name}`,
      name: part.name,
      version: part.version,
      purl: genericUrl(part.name, part.version),
    })),
  };
}

/** One SPDX id, or an expression of several. */
function describeLicense(license: string) {
  return /^[\w.+-]+$/.test(license) ? [{ license: { id: license } }] : [{ expression: license }];
}

function packageUrl({ name, version }: Pick<BundledPackage, "name" | "version">): string {
  return `pkg:npm/${name.replace("@", "%40")}@${encodeURIComponent(version)}`;
}

function genericUrl(name: string, version: string): string {
  return `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
}

/** A UUID of version 8, whose content its maker defines. */
function toUuid(sha256: string): string {
  const hex = `${sha256.slice(0, 12)}8${sha256.slice(13, 16)}8${sha256.slice(17, 32)}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
