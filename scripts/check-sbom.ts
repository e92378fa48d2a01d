import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

/** What CycloneDX 1.6 asks of the fields that our bills use; no others may be there. */
const License = z.union([
  z.strictObject({ license: z.strictObject({ id: z.string().regex(/^[\w.+-]+$/) }) }),
  z.strictObject({ expression: z.string().min(1) }),
]);
const Reference = z.string().min(1);
const Part = z.strictObject({
  type: z.enum(["library", "data"]),
  "bom-ref": Reference,
  name: z.string().min(1),
  version: z.string().min(1),
  purl: z.string().regex(/^pkg:generic\/[^@]+@[^@]+$/),
});
const Component = z.strictObject({
  type: z.enum(["library", "platform"]),
  "bom-ref": Reference,
  group: z.string().startsWith("@").optional(),
  name: z.string().min(1),
  version: z.string().min(1),
  description: z.string().optional(),
  licenses: z.array(License).length(1),
  cpe: z
    .string()
    .regex(/^cpe:2\.3:a(:[\w.-]+){3}(:\*){7}$/)
    .optional(),
  purl: z.string().regex(/^pkg:(npm|generic)\/[^@]+@[^@]+$/),
  components: z.array(Part).optional(),
});
const Sbom = z.strictObject({
  $schema: z.literal("http://cyclonedx.org/schema/bom-1.6.schema.json"),
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.6"),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  version: z.literal(1),
  metadata: z.strictObject({
    lifecycles: z.tuple([z.strictObject({ phase: z.literal("build") })]),
    component: z.strictObject({
      type: z.literal("application"),
      "bom-ref": Reference,
      name: z.string().min(1),
      version: z.string().min(1),
      description: z.string(),
      hashes: z.tuple([
        z.strictObject({ alg: z.literal("SHA-256"), content: z.string().regex(/^[0-9a-f]{64}$/) }),
      ]),
      licenses: z.array(License).length(1),
      purl: z.string().startsWith("pkg:npm/"),
    }),
  }),
  components: z.array(Component).min(1),
  dependencies: z.array(z.strictObject({ ref: Reference, dependsOn: z.array(Reference).optional() })),
});

/** The files beside an artefact, and what it is. */
export interface CheckedArtefact {
  /** The artefact itself; its bill and its licence texts lie beside it. */
  readonly file: string;
  /** Name and version of the program. */
  readonly program: { readonly name: string; readonly version: string };
  /** The version of the Node that is in it; undefined if none is. */
  readonly node: string | undefined;
}

/**
 * Checks the bill of materials and the licence texts beside an artefact against each other and against the artefact.
 * Returns how many components there are.
 *
 * @throws Error or ZodError that says what is wrong
 */
export function checkSbom({ file, program, node }: CheckedArtefact): number {
  const sbom = Sbom.parse(JSON.parse(readFileSync(join(dirname(file), `${program.name}.cdx.json`), "utf8")));
  const { component } = sbom.metadata;
  expectEqual("name", component.name, program.name);
  expectEqual("version", component.version, program.version);
  expectEqual(
    "hash",
    component.hashes[0].content,
    createHash("sha256").update(readFileSync(file)).digest("hex"),
  );
  expectEqual("Node", sbom.components.find(({ type }) => type === "platform")?.version, node);
  checkReferences(sbom);
  checkTexts(sbom, readFileSync(join(dirname(file), "THIRD_PARTY_LICENSES.txt"), "utf8"));
  return sbom.components.length;
}

/** Every reference is unique and leads somewhere, and everything is reached from the program. */
function checkReferences({ metadata, components, dependencies }: z.infer<typeof Sbom>): void {
  const all = [metadata.component, ...components, ...components.flatMap((entry) => entry.components ?? [])];
  const references = new Set(all.map((entry) => entry["bom-ref"]));
  if (references.size !== all.length) throw new Error("two components have one reference");
  const used = new Map(dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const waiting = [metadata.component["bom-ref"]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!references.has(next)) throw new Error(`the bill refers to ${next}, which it does not list`);
    if (reached.has(next)) continue;
    reached.add(next);
    waiting.push(...(used.get(next) ?? []));
  }
  const lost = components.filter((entry) => !reached.has(entry["bom-ref"]));
  if (lost.length > 0) throw new Error(`nothing needs ${lost.map(({ name }) => name).join(", ")}`);
}

/** Every component has its text, and no text is there without one. */
function checkTexts({ components }: z.infer<typeof Sbom>, texts: string): void {
  const sections = texts.split(`\n\n${"-".repeat(80)}\n\n`);
  for (const { type, group, name, version } of components) {
    const title =
      type === "platform" ? `Node.js v${version}` : `${[group, name].filter(Boolean).join("/")} ${version}`;
    const section = sections.find(
      (text) => text === title || text.startsWith(`${title}\n`) || text.startsWith(`${title} (`),
    );
    const body = section?.slice(section.indexOf("\n")).trim() ?? "";
    if (body.length < MIN_TEXT) throw new Error(`${title} has no licence text`);
  }
  if (sections.length !== components.length) {
    throw new Error(`${sections.length} licence texts stand beside ${components.length} components`);
  }
}

/** No licence is shorter. */
const MIN_TEXT = 400;

function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (found === expected) return;
  throw new Error(`the bill of materials says ${String(found)} for ${what}, and not ${String(expected)}`);
}
