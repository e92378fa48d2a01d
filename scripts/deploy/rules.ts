import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import type { Kustomize } from "./kustomize.ts";
import { findPods, findSchemaProblem, type Manifest, readManifests } from "./manifest.ts";
import { type Builds, checkOrganizations } from "./organization-rules.ts";
import { checkPod, type ProgramFacts } from "./pod-rules.ts";
import { checkNetwork, checkWorkload } from "./workload-rules.ts";

/** Texts of files by their paths below `deploy/kubernetes`, with `/` between the parts. */
export type Files = ReadonlyMap<string, string>;

const KUSTOMIZATION = "kustomization.yaml";
const ORGANIZATIONS = "organizations";

/** What a copy of the example must never be: applied as it is. */
const EXAMPLE = "secrets.example.yaml";

/** Reads all YAML files of a folder and below. */
export function readFolder(folder: string): Files {
  const paths = readdirSync(folder, { recursive: true })
    .map((path) => String(path).replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".yaml"))
    .toSorted((a, b) => a.localeCompare(b));
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** The exit codes that `docs/troubleshooting.md` lists. @param page its text */
export function readExitCodes(page: string): number[] {
  const [, table = ""] = /^\| Exit code \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
  return [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap((row) => (row[1] ?? "").split(", ").map(Number));
}

/** What is wrong with the files as they stand. */
export async function checkFiles(files: Files, facts: ProgramFacts): Promise<string[]> {
  const problems: string[] = [];
  const byFolder = new Map<string, Manifest[]>();
  for (const [path, text] of files) {
    if (path.endsWith(KUSTOMIZATION)) {
      problems.push(...checkKustomization(path, text, files));
      continue;
    }
    const read = readManifests(text);
    problems.push(...read.problems.map((problem) => `${path}: ${problem}`));
    const found = await checkManifests(read.manifests, facts);
    problems.push(...found.map((problem) => `${path}: ${problem}`));
    if (read.manifests.some(({ kind }) => kind === "Secret") && path !== EXAMPLE) {
      problems.push(`${path}: holds a Secret; the only one is ${EXAMPLE}, which nothing applies`);
    }
    const folder = dirname(path);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), ...read.manifests]);
  }
  return [...problems, ...[...byFolder.values()].flatMap(checkNetwork)];
}

/** Builds the overlay of each organization. */
export function buildOrganizations(kubernetes: string, build: Kustomize): Builds {
  const folder = join(kubernetes, ORGANIZATIONS);
  return new Map(
    readdirSync(folder).map((name) => [name, readManifests(build(join(folder, name))).manifests]),
  );
}

/** What is wrong with the manifests as they would be applied. */
export async function checkBuilds(builds: Builds, facts: ProgramFacts): Promise<string[]> {
  const problems = checkOrganizations(builds);
  for (const [organization, manifests] of builds) {
    const found = [...(await checkManifests(manifests, facts)), ...checkNetwork(manifests)];
    problems.push(...found.map((problem) => `${organization}: ${problem}`));
  }
  return problems;
}

async function checkManifests(manifests: readonly Manifest[], facts: ProgramFacts): Promise<string[]> {
  const problems: string[] = [];
  for (const manifest of manifests) {
    const schema = await findSchemaProblem(manifest);
    const found = [
      ...(schema === undefined ? [] : [schema]),
      ...checkWorkload(manifest, facts),
      ...findPods(manifest).flatMap((pod) => checkPod(pod, facts)),
      ...checkSettings(manifest, facts),
    ];
    problems.push(...found.map((problem) => `${manifest.kind} ${manifest.metadata.name}: ${problem}`));
  }
  return problems;
}

function checkSettings({ kind, data = {} }: Manifest, { variables }: ProgramFacts): string[] {
  if (kind !== "ConfigMap") return [];
  return Object.keys(data)
    .filter((name) => !variables.has(name) || /TOKEN$|SECRET$/.test(name))
    .map((name) => `${name} is no setting, or a secret`);
}

/** A kustomization names what is there, and no secret, which `apply -k` would put over the real one. */
function checkKustomization(path: string, text: string, files: Files): string[] {
  const { resources = [], secretGenerator } = parse(text) as {
    readonly resources?: readonly string[];
    readonly secretGenerator?: unknown;
  };
  const problems = secretGenerator === undefined ? [] : [`${path}: makes a secret`];
  for (const resource of resources) {
    const target = join(dirname(path), resource).replaceAll("\\", "/");
    const isThere = files.has(target) || files.has(`${target}/${KUSTOMIZATION}`);
    if (!isThere) problems.push(`${path}: names ${resource}, which is not there`);
    if (target === EXAMPLE) problems.push(`${path}: applies the placeholders of ${resource}`);
  }
  return problems;
}
