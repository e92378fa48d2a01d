import type { Container, Pod } from "./manifest.ts";

/** What the program understands, which manifests have to keep to. */
export interface ProgramFacts {
  /** Flags without their dashes. */
  readonly flags: ReadonlySet<string>;
  /** Variables that begin with `BATON_`. */
  readonly variables: ReadonlySet<string>;
  /** The exit codes that `docs/troubleshooting.md` lists. */
  readonly exitCodes: readonly number[];
}

const IMAGE = /(^|\/)baton-codecov:/;
const POD_ADDRESS = "status.podIP";

/** What no schema can ask of a pod: that it is locked down, bounded, and given its secrets as files. */
export function checkPod(pod: Pod, facts: ProgramFacts): string[] {
  const problems: string[] = [];
  // Kubernetes makes variables of the names of Services, and some of those are settings of the program.
  if (pod.enableServiceLinks) problems.push("enableServiceLinks must be false");
  for (const container of [...pod.initContainers, ...pod.containers]) {
    const found = [
      ...checkLocks(container),
      ...checkNeeds(container),
      ...checkSecrets(container),
      ...(IMAGE.test(container.image) ? checkProgram(container, facts) : []),
    ];
    problems.push(...found.map((problem) => `${container.name}: ${problem}`));
  }
  return [...problems, ...checkVolumes(pod), ...checkEnd(pod)];
}

/** Whether a container runs until it is stopped. */
export function runsOn(container: Container, pod: Pod): boolean {
  if (pod.initContainers.includes(container)) return container.restartPolicy === "Always";
  return pod.restartPolicy === "Always";
}

function checkLocks({ securityContext: security }: Container): string[] {
  const problems: string[] = [];
  if (security?.readOnlyRootFilesystem !== true) problems.push("the root file system is writable");
  if (security?.allowPrivilegeEscalation !== false) problems.push("privilege escalation is possible");
  return problems;
}

function checkNeeds({ resources }: Container): string[] {
  const wanted = ["memory", "ephemeral-storage"];
  const lacking = (kind: "requests" | "limits") =>
    wanted.filter((name) => resources?.[kind]?.[name] === undefined).map((name) => `${kind}.${name}`);
  return [...lacking("requests"), ...lacking("limits")].map((name) => `states no resources.${name}`);
}

function checkSecrets({ env = [], envFrom = [] }: Container): string[] {
  const byVariable =
    env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) ||
    envFrom.some(({ secretRef }) => secretRef !== undefined);
  return byVariable ? ["takes a secret as a variable; mount it as a file"] : [];
}

function checkProgram({ args = [], env = [] }: Container, { flags, variables }: ProgramFacts): string[] {
  const unknownFlags = args
    .filter((word) => word.startsWith("--"))
    .filter((word) => !flags.has(word.slice(2).replace(/=.*/s, "")));
  const unknownVariables = env
    .map(({ name }) => name)
    .filter((name) => name.startsWith("BATON_") && !variables.has(name));
  return [...unknownFlags, ...unknownVariables].map((name) => `gives ${name}, which is no setting`);
}

/** A volume without a limit takes the node's disk, and one that may grow above the pod's limit ends the pod. */
function checkVolumes({ volumes, containers, initContainers }: Pod): string[] {
  const problems: string[] = [];
  let onDisk = 0;
  for (const { name, emptyDir } of volumes) {
    if (emptyDir === undefined) continue;
    if (emptyDir.sizeLimit === undefined) problems.push(`volume ${name}: the emptyDir has no sizeLimit`);
    else if (emptyDir.medium !== "Memory") onDisk += bytesOf(emptyDir.sizeLimit);
  }
  const limitOf = ({ resources }: Container) => bytesOf(resources?.limits?.["ephemeral-storage"] ?? "0");
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  const together = [...containers, ...sidecars].reduce((sum, container) => sum + limitOf(container), 0);
  if (onDisk > together) {
    problems.push(
      "the emptyDir volumes may grow above the limit of ephemeral storage, at which the pod is ended",
    );
  }
  return problems;
}

/** A container that runs on is probed, by HTTP; one that ends is not started again for ever. */
function checkEnd(pod: Pod): string[] {
  return [...pod.initContainers, ...pod.containers].flatMap((container) => {
    if (!runsOn(container, pod)) return [];
    const probes = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
    const problems = probes
      .filter((probe) => container[probe]?.httpGet === undefined)
      .map((probe) => `no ${probe} by HTTP; if it ends by itself, the pod must not restart it`);
    const address = container.env?.find(({ name }) => name === "BATON_HEALTH_CHECK_BIND_ADDRESS");
    if (address?.valueFrom?.fieldRef?.fieldPath !== POD_ADDRESS) {
      problems.push(`the kubelet asks at ${POD_ADDRESS}, where no health endpoints listen`);
    }
    return problems.map((problem) => `${container.name}: ${problem}`);
  });
}

const UNITS: Readonly<Record<string, number>> = { "": 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

function bytesOf(quantity: string): number {
  const [, number = "", unit = ""] = /^(\d+)([A-Z]i)?$/.exec(quantity) ?? [];
  const factor = UNITS[unit];
  if (number === "" || factor === undefined) throw new Error(`${quantity} is no quantity that is read here`);
  return Number(number) * factor;
}
