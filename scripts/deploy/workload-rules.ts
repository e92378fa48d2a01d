import { parseDuration } from "#kernel/duration.ts";
import { findPods, type Manifest, type Pod } from "./manifest.ts";
import type { ProgramFacts } from "./pod-rules.ts";

/**
 * Exit codes after which another attempt can succeed by itself: Codecov or the network was away (4, 14), the roster
 * changed too fast (10), the run was interrupted (129, 130, 143). With 141 a reader has gone, which no job has.
 */
export const WORTH_ANOTHER_ATTEMPT: readonly number[] = [4, 10, 14, 129, 130, 141, 143];

interface CronJobSpec {
  readonly timeZone?: string;
  readonly suspend?: boolean;
  readonly concurrencyPolicy?: string;
  readonly startingDeadlineSeconds?: number;
  readonly successfulJobsHistoryLimit?: number;
  readonly failedJobsHistoryLimit?: number;
  readonly jobTemplate: {
    readonly spec: {
      readonly activeDeadlineSeconds?: number;
      readonly backoffLimit?: number;
      readonly podFailurePolicy?: {
        readonly rules: readonly {
          readonly action: string;
          readonly onExitCodes?: { readonly operator: string; readonly values: readonly number[] };
          readonly onPodConditions?: readonly { readonly type: string }[];
        }[];
      };
    };
  };
}

/** What no schema can ask of the object that makes pods. */
export function checkWorkload(manifest: Manifest, facts: ProgramFacts): string[] {
  switch (manifest.kind) {
    case "Deployment": {
      const { strategy } = manifest.spec as { readonly strategy?: { readonly type?: string } };
      return strategy?.type === "Recreate"
        ? []
        : ["strategy must be Recreate: else a rollout runs two pods with one client id"];
    }
    case "CronJob":
      // A manifest's spec is untyped YAML; that it fits the Kubernetes schema is checked beside these rules.
      return checkCronJob(manifest.spec as unknown as CronJobSpec, findPods(manifest), facts);
    default:
      return [];
  }
}

function checkCronJob(spec: CronJobSpec, pods: readonly Pod[], facts: ProgramFacts): string[] {
  const { activeDeadlineSeconds, backoffLimit, podFailurePolicy } = spec.jobTemplate.spec;
  const needed = {
    timeZone: spec.timeZone,
    concurrencyPolicy: spec.concurrencyPolicy,
    startingDeadlineSeconds: spec.startingDeadlineSeconds,
    successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit,
    failedJobsHistoryLimit: spec.failedJobsHistoryLimit,
    "jobTemplate.spec.activeDeadlineSeconds": activeDeadlineSeconds,
    "jobTemplate.spec.backoffLimit": backoffLimit,
  };
  const problems = Object.entries(needed)
    .filter(([, value]) => value === undefined)
    .map(([name]) => `${name} is left to its default`);
  if (spec.suspend === true) return problems;

  const rules = podFailurePolicy?.rules ?? [];
  if (
    !rules.some(({ onPodConditions = [] }) => onPodConditions.some(({ type }) => type === "DisruptionTarget"))
  )
    problems.push("podFailurePolicy counts a pod that its node gave up");
  const fatal = rules.flatMap(({ action, onExitCodes }) =>
    action === "FailJob" && onExitCodes?.operator === "In" ? onExitCodes.values : [],
  );
  const expected = facts.exitCodes.filter((code) => !WORTH_ANOTHER_ATTEMPT.includes(code));
  if (fatal.toSorted(byNumber).join() !== expected.toSorted(byNumber).join()) {
    problems.push(`podFailurePolicy must fail the job at ${expected.join(", ")}, not at ${fatal.join(", ")}`);
  }

  const args = pods.flatMap(({ initContainers, containers }) =>
    [...initContainers, ...containers].map((container) => container.args ?? []),
  );
  if (!args.some(([command]) => command === "report")) problems.push("no container makes a report");
  const waits = args.flatMap((words) => {
    const at = words.indexOf("--max-wait");
    return at === -1 ? [] : [parseDuration(words[at + 1] ?? "") ?? 0];
  });
  const [wait] = waits;
  if (wait === undefined) problems.push("the sync is given no --max-wait");
  else if ((wait * ((backoffLimit ?? 0) + 1)) / 1000 >= (activeDeadlineSeconds ?? 0)) {
    problems.push("activeDeadlineSeconds ends the job before all attempts have waited");
  }
  return problems;
}

/** Every pod needs a policy that lets it ask for names and nobody in. */
export function checkNetwork(manifests: readonly Manifest[]): string[] {
  const policies = manifests
    .filter(({ kind }) => kind === "NetworkPolicy")
    // Untyped YAML, as above.
    .map(({ spec }) => spec as unknown as Policy);
  return manifests.flatMap((manifest) =>
    findPods(manifest).flatMap((pod) => {
      const own = policies.filter(({ podSelector }) => matches(pod.labels, podSelector.matchLabels ?? {}));
      const where = `${manifest.kind} ${manifest.metadata.name}`;
      if (own.length === 0) return [`${where}: no NetworkPolicy selects its pod`];
      const isClosed = own.every(
        ({ policyTypes = [], ingress = [] }) => policyTypes.includes("Ingress") && ingress.length === 0,
      );
      const isBounded = own.every(({ policyTypes = [] }) => policyTypes.includes("Egress"));
      const ports = own.flatMap(({ egress = [] }) => egress.flatMap((rule) => rule.ports ?? []));
      const hasNames = ["UDP", "TCP"].every((protocol) =>
        ports.some((port) => port.protocol === protocol && port.port === DNS_PORT),
      );
      return [
        ...(isClosed ? [] : [`${where}: its NetworkPolicy lets somebody in`]),
        ...(isBounded ? [] : [`${where}: its NetworkPolicy lets it go everywhere`]),
        ...(ports.length === 0 || hasNames ? [] : [`${where}: its NetworkPolicy lets it ask for no names`]),
      ];
    }),
  );
}

const DNS_PORT = 53;

interface Policy {
  readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly unknown[];
  readonly egress?: readonly {
    readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
  }[];
}

function matches(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
