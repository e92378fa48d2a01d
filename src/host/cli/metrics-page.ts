import type { MeasuredMetric, Metric } from "#kernel/metrics.ts";
import { formatMetrics } from "#kernel/metrics-text.ts";
import type { Invocation } from "./command.ts";
import type { Identity } from "./identity.ts";

const BUILD: Metric = {
  name: "baton.build.info",
  help: "Always 1; its labels are the running version and what it syncs",
  kind: "gauge",
};

/** What `/metrics` answers: which program this is, and its numbers. */
export function showMetrics(
  { version, redactor }: Pick<Invocation, "version" | "redactor">,
  identity: Identity,
  metrics: readonly MeasuredMetric[],
): string {
  const build = { ...BUILD, series: [{ labels: { version, ...identity }, value: 1 }] };
  return redactor.redact(formatMetrics([build, ...metrics]));
}
