/**
 * `npm run check:deploy`: the Kubernetes manifests against the Kubernetes schemas, the Dockerfile against
 * a linter, and what both say of the program against the program itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { validate as lintDockerfile } from "dockerfile-utils";
import { parse, parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "..");
const problems: string[] = [];
let checked = 0;

/** What the image has to hold with the executable, which brings Node with it, and with libatomic, a part of GCC. */
const NOTICES = [
  "build/THIRD_PARTY_LICENSES.txt",
  "build/baton-codecov.cdx.json",
  "/usr/share/doc/libatomic1/copyright",
  "/usr/share/common-licenses/GPL-3",
];

/** What every manifest has; the rest is the schema's to judge. */
interface Manifest {
  apiVersion: string;
  kind: string;
  [key: string]: unknown;
}

type Model = new (data: unknown) => { validate(): void };

const kubernetes = join(root, "deploy", "kubernetes");
const kustomization = parse(readFileSync(join(kubernetes, "kustomization.yaml"), "utf8")) as {
  resources: string[];
};
const files = readdirSync(kubernetes).filter((file) => file.endsWith(".yaml"));
for (const resource of kustomization.resources) {
  if (!files.includes(resource)) problems.push(`kustomization.yaml names ${resource}, which is not there`);
}
for (const file of files.filter((file) => file !== "kustomization.yaml")) {
  for (const document of parseAllDocuments(readFileSync(join(kubernetes, file), "utf8"))) {
    for (const error of document.errors) problems.push(`${file}: ${error.message}`);
    const manifest = document.toJS() as Manifest;
    const models = (await import(`kubernetes-models/${manifest.apiVersion}`)) as Record<string, Model>;
    const model = models[manifest.kind];
    if (model === undefined) {
      problems.push(`${file}: Kubernetes has no ${manifest.apiVersion} ${manifest.kind}`);
      continue;
    }
    try {
      new model(manifest).validate();
    } catch (error) {
      problems.push(`${file}: ${manifest.kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
    for (const pod of findPods(manifest)) checkPod(`${file}: ${manifest.kind}`, pod);
    checked += 1;
  }
}

const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
for (const { range, message } of lintDockerfile(dockerfile)) {
  const text = typeof message === "string" ? message : message.value;
  problems.push(`Dockerfile:${range.start.line + 1}: ${text}`);
}
for (const notice of NOTICES) {
  if (!dockerfile.includes(notice)) problems.push(`Dockerfile: the image must hold ${notice}`);
}
if (!/^USER \d+:\d+$/m.test(dockerfile)) problems.push("Dockerfile: the last stage must name a numeric user");
checked += 1;

const compose = parse(readFileSync(join(root, "deploy", "compose.yaml"), "utf8")) as {
  services: Record<string, { read_only?: boolean; cap_drop?: string[] }>;
};
const sidecar = compose.services["baton-codecov"];
if (sidecar?.read_only !== true) problems.push("compose.yaml: the sidecar's root must be read-only");
if (!sidecar?.cap_drop?.includes("ALL"))
  problems.push("compose.yaml: the sidecar must drop all capabilities");
checked += 1;

for (const problem of problems) console.error(problem);
console.log(`deployment files: ${checked} checked, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

interface Container {
  name: string;
  securityContext?: { readOnlyRootFilesystem?: boolean; allowPrivilegeEscalation?: boolean };
  resources?: { requests?: unknown; limits?: unknown };
}

interface Pod {
  containers: Container[];
  initContainers?: Container[];
  enableServiceLinks?: boolean;
}

/** The pods that a manifest describes, however deep their templates lie. */
function findPods(node: unknown): Pod[] {
  if (typeof node !== "object" || node === null) return [];
  if ("containers" in node && Array.isArray(node.containers)) return [node as Pod];
  return Object.values(node).flatMap(findPods);
}

function checkPod(where: string, { containers, initContainers = [], enableServiceLinks }: Pod): void {
  // Kubernetes makes variables of the names of Services, and some of those are settings of the program.
  if (enableServiceLinks !== false) problems.push(`${where}: enableServiceLinks must be false`);
  for (const container of [...containers, ...initContainers]) {
    checkContainer(`${where}: ${container.name}`, container);
  }
}

/** What a schema cannot ask for: a locked-down container with stated needs. */
function checkContainer(where: string, container: Container): void {
  const security = container.securityContext;
  if (security?.readOnlyRootFilesystem !== true) problems.push(`${where}: root file system is writable`);
  if (security?.allowPrivilegeEscalation !== false)
    problems.push(`${where}: privilege escalation is possible`);
  if (container.resources?.requests === undefined || container.resources.limits === undefined) {
    problems.push(`${where}: states no resource requests and limits`);
  }
}
