import { findPods, type Manifest } from "./manifest.ts";

/** The manifests of each organization, by the name of its overlay. */
export type Builds = ReadonlyMap<string, readonly Manifest[]>;

/** That overlays give each organization names, settings and a secret of its own, and bring no secret along. */
export function checkOrganizations(builds: Builds): string[] {
  return [
    ...[...builds].flatMap(([organization, manifests]) =>
      checkOne(manifests).map((problem) => `${organization}: ${problem}`),
    ),
    ...findShared(builds, "the name", (manifests) => manifests.map(nameOf)),
    ...findShared(builds, "the secret", secretsOf),
    ...findShared(builds, "the organization", (manifests) => manifests.flatMap(ownerOf)),
    ...findStrangers(builds),
  ];
}

/** What a build refers to has to be in it, but for secrets. */
function checkOne(manifests: readonly Manifest[]): string[] {
  const problems: string[] = [];
  const names = new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  if (manifests.some(({ kind }) => kind === "Secret")) {
    problems.push("the build holds a Secret, which would overwrite the real one");
  }
  for (const pod of manifests.flatMap(findPods)) {
    const wanted = [
      ...[...pod.initContainers, ...pod.containers]
        .flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => configMapRef?.name))
        .map((name) => `ConfigMap ${name}`),
      ...pod.volumes.flatMap(({ persistentVolumeClaim: claim }) =>
        claim === undefined ? [] : [`PersistentVolumeClaim ${claim.claimName}`],
      ),
    ];
    problems.push(...wanted.filter((name) => !names.has(name)).map((name) => `${name} is not in the build`));
  }
  if (manifests.flatMap(ownerOf).length !== 1) problems.push("BATON_CODECOV_OWNER has to be told once");
  return problems;
}

function findShared(
  builds: Builds,
  what: string,
  valuesOf: (manifests: readonly Manifest[]) => readonly string[],
): string[] {
  const holders = new Map<string, string>();
  const problems: string[] = [];
  for (const [organization, manifests] of builds) {
    for (const value of new Set(valuesOf(manifests))) {
      const other = holders.get(value);
      if (other !== undefined) problems.push(`${organization} and ${other} share ${what} ${value}`);
      holders.set(value, organization);
    }
  }
  return problems;
}

/** Whatever selects pods must not select those of another organization. */
function findStrangers(builds: Builds): string[] {
  return [...builds].flatMap(([organization, manifests]) =>
    manifests.flatMap((manifest) => {
      const selector = selectorOf(manifest);
      if (selector === undefined) return [];
      const others = [...builds].filter(([name]) => name !== organization);
      return others
        .filter(([, theirs]) =>
          theirs
            .flatMap(findPods)
            .some(({ labels }) => Object.entries(selector).every(([name, value]) => labels[name] === value)),
        )
        .map(([other]) => `${organization}: ${nameOf(manifest)} selects pods of ${other}, too`);
    }),
  );
}

function selectorOf({ spec }: Manifest): Readonly<Record<string, string>> | undefined {
  const { selector, podSelector } = (spec ?? {}) as Readonly<
    Record<string, { readonly matchLabels?: Readonly<Record<string, string>> } | undefined>
  >;
  return (selector ?? podSelector)?.matchLabels;
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;
}

function secretsOf(manifests: readonly Manifest[]): string[] {
  return manifests
    .flatMap(findPods)
    .flatMap(({ volumes }) =>
      volumes.flatMap(({ secret }) => (secret === undefined ? [] : [secret.secretName])),
    );
}

function ownerOf({ kind, data }: Manifest): string[] {
  const owner = data?.["BATON_CODECOV_OWNER"];
  return kind !== "ConfigMap" || owner === undefined ? [] : [`${data?.["BATON_CODECOV_SERVICE"]}/${owner}`];
}
