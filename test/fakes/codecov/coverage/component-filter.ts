import { matchesAtStart } from "./pattern.ts";
import { type MergedReport, mergeFlags, mergeReport } from "./report.ts";
import type { Repository, StoredReport } from "./stored.ts";

/** A component of the stored configuration. */
export interface Component {
  readonly component_id: string;
  readonly name: string;
  /** Patterns of paths; empty: every file. */
  readonly paths: readonly string[];
  /** Patterns of flags; empty: every session. */
  readonly flag_regexes: readonly string[];
}

/** The components that a repository's configuration names, in its order. */
export function componentsOf({ yaml }: Repository): Component[] {
  const management: unknown = Reflect.get(Object(yaml), "component_management");
  const components: unknown = Reflect.get(Object(management), "individual_components");
  if (!Array.isArray(components)) return [];
  return components.map((component: Partial<Component>) => ({
    component_id: component.component_id ?? "",
    name: component.name ?? "",
    paths: component.paths ?? [],
    flag_regexes: component.flag_regexes ?? [],
  }));
}

/** The part of a report that belongs to a component. */
export function restrictToComponent(stored: StoredReport, { paths, flag_regexes }: Component): MergedReport {
  const report =
    flag_regexes.length === 0
      ? mergeReport(stored)
      : mergeFlags(stored, (flag) => flag_regexes.some((pattern) => matchesAtStart(pattern, flag)));
  const isIncluded = (name: string): boolean =>
    paths.length === 0 || paths.some((pattern) => matchesAtStart(pattern, name));
  return { ...report, files: report.files.filter(({ name }) => isIncluded(name)), isFiltered: true };
}
