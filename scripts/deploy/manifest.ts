import { parseAllDocuments } from "yaml";

/** An object of Kubernetes, as far as the rules here look at it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: unknown;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

/** Of a probe only whether it asks by HTTP matters. */
interface Probe {
  readonly httpGet?: unknown;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly Variable[];
  readonly envFrom?: readonly {
    readonly secretRef?: unknown;
    readonly configMapRef?: { readonly name: string };
  }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly securityContext?: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
  };
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly secret?: { readonly secretName: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

/** What runs: a pod, or the template of one. */
export interface Pod {
  readonly labels: Readonly<Record<string, string>>;
  readonly restartPolicy: string;
  readonly enableServiceLinks: boolean;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly volumes: readonly Volume[];
}

/** Reads a file of manifests; what is wrong with its YAML comes as problems. */
export function readManifests(text: string): { readonly manifests: Manifest[]; readonly problems: string[] } {
  const documents = parseAllDocuments(text);
  const problems = documents.flatMap(({ errors }) => errors.map(({ message }) => message));
  return { manifests: problems.length > 0 ? [] : documents.map((one) => one.toJS() as Manifest), problems };
}

/** The pods that a manifest describes, however deep their templates lie. */
export function findPods(manifest: Manifest): Pod[] {
  return collectPods(manifest);
}

function collectPods(node: unknown): Pod[] {
  if (typeof node !== "object" || node === null) return [];
  if ("spec" in node && typeof node.spec === "object" && node.spec !== null && "containers" in node.spec) {
    const { metadata } = node as { metadata?: { labels?: Record<string, string> } };
    const spec = node.spec as Partial<Pod>;
    return [
      {
        labels: metadata?.labels ?? {},
        restartPolicy: spec.restartPolicy ?? "Always",
        enableServiceLinks: spec.enableServiceLinks ?? true,
        containers: spec.containers ?? [],
        initContainers: spec.initContainers ?? [],
        volumes: spec.volumes ?? [],
      },
    ];
  }
  return Object.values(node).flatMap(collectPods);
}

type Model = new (data: unknown) => { validate(): void };

/** By API version, what is used here. */
const MODELS: Readonly<Record<string, () => Promise<unknown>>> = {
  v1: () => import("kubernetes-models/v1"),
  "apps/v1": () => import("kubernetes-models/apps/v1"),
  "batch/v1": () => import("kubernetes-models/batch/v1"),
  "networking.k8s.io/v1": () => import("kubernetes-models/networking.k8s.io/v1"),
};

/** What the schema of Kubernetes says against a manifest; undefined if nothing. */
export async function findSchemaProblem(manifest: Manifest): Promise<string | undefined> {
  const models = (await MODELS[manifest.apiVersion]?.()) as Readonly<Record<string, Model>> | undefined;
  const model = models?.[manifest.kind];
  if (model === undefined)
    return `Kubernetes has no ${manifest.apiVersion} ${manifest.kind} that is used here`;
  try {
    new model(manifest).validate();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
