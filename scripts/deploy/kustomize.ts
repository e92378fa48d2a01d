import { execFileSync, spawnSync } from "node:child_process";

/** Built with Go where there is neither kubectl nor kustomize; it stays outside this project's own dependencies. */
const MODULE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1";

/** Builds a folder with a kustomization into the manifests that would be applied, as YAML. */
export type Kustomize = (folder: string) => string;

/** What can build kustomizations on this machine; undefined if nothing can. */
export function findKustomize(): { readonly name: string; readonly build: Kustomize } | undefined {
  const candidates: readonly (readonly [
    command: string,
    words: readonly string[],
    probe: readonly string[],
  ])[] = [
    ["kubectl", ["kustomize"], ["version", "--client"]],
    ["kustomize", ["build"], ["version"]],
    ["go", ["run", MODULE, "build"], ["version"]],
  ];
  const found = candidates.find(([command, , probe]) => spawnSync(command, probe).status === 0);
  if (found === undefined) return undefined;
  const [command, words] = found;
  return {
    name: [command, ...words].join(" "),
    build: (folder) =>
      execFileSync(command, [...words, folder], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
        // Any Go module around the checkout has no say.
        env: { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" },
      }),
  };
}
