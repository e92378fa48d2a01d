/**
 * `npm run check:deploy`: the Kubernetes manifests against the Kubernetes schemas and our own rules, the overlays as
 * kustomize builds them, the Dockerfile against a linter, and what all of them say of the program against the program.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validate as lintDockerfile } from "dockerfile-utils";
import { parse } from "yaml";
import { findKustomize } from "./deploy/kustomize.ts";
import { buildOrganizations, checkBuilds, checkFiles, readExitCodes, readFolder } from "./deploy/rules.ts";
import { knownFlags, knownVariables } from "./variables.ts";

const root = join(import.meta.dirname, "..");

/** What the image has to hold with the executable, which brings Node with it, and with libatomic, a part of GCC. */
const NOTICES = [
  "build/THIRD_PARTY_LICENSES.txt",
  "build/baton-codecov.cdx.json",
  "/usr/share/doc/libatomic1/copyright",
  "/usr/share/common-licenses/GPL-3",
];

const kubernetes = join(root, "deploy", "kubernetes");
const facts = {
  flags: knownFlags(),
  variables: knownVariables(),
  exitCodes: readExitCodes(readFileSync(join(root, "docs", "troubleshooting.md"), "utf8")),
};

const files = readFolder(kubernetes);
const problems = await checkFiles(files, facts);
let checked = files.size;

const kustomize = findKustomize();
if (kustomize === undefined) {
  console.log("skipped: the overlays of organizations, as there is neither kubectl nor kustomize nor Go");
} else {
  const builds = buildOrganizations(kubernetes, kustomize.build);
  problems.push(...(await checkBuilds(builds, facts)));
  checked += builds.size;
  console.log(`built with ${kustomize.name}: ${[...builds.keys()].join(", ")}`);
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

for (const file of ["compose.yaml", "compose.service-mode.yaml"]) {
  const compose = parse(readFileSync(join(root, "deploy", file), "utf8")) as {
    services: Record<
      string,
      { read_only?: boolean; cap_drop?: string[]; environment?: Record<string, string> }
    >;
  };
  const connector = compose.services["baton-codecov"];
  if (connector?.read_only !== true) problems.push(`${file}: the connector's root must be read-only`);
  if (!connector?.cap_drop?.includes("ALL"))
    problems.push(`${file}: the connector must drop all capabilities`);
  const unknown = Object.keys(connector?.environment ?? {}).filter((name) => !facts.variables.has(name));
  if (unknown.length > 0) problems.push(`${file}: sets ${unknown.join(", ")}, which is no setting`);
  checked += 1;
}

for (const problem of problems) console.error(problem);
console.log(`deployment files: ${checked} checked, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
