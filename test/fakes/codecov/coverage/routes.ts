import type { View } from "../view.ts";
import { branchDetailView, branchListView } from "./branches.ts";
import { commitDetailView, commitListView, uploadListView } from "./commits.ts";
import {
  compareComponentsView,
  compareFileView,
  compareFlagsView,
  compareSegmentsView,
  compareView,
} from "./compare.ts";
import { repoConfigView } from "./config.ts";
import { fileReportView } from "./file-report.ts";
import { componentListView, flagListView } from "./flags.ts";
import { impactedFilesView } from "./impacted.ts";
import { pullDetailView, pullListView } from "./pulls.ts";
import { reportTreeView } from "./report-tree.ts";
import { flagTrendView } from "./time-series.ts";
import { reportView, totalsView } from "./totals.ts";
import { trendView } from "./trend.ts";

/** An address below a repository, and what it names there. */
export interface RepositoryRoute {
  readonly view: View;
  /** Number, SHA, branch, flag or path in the address. */
  readonly item?: string;
}

/** What decides beside the path. */
export interface RouteContext {
  /** Whether the address ends with a slash. */
  readonly hasSlash: boolean;
  /** Whether the deployment keeps time series. */
  readonly timeSeries: boolean;
}

type Finder = (rest: readonly string[], context: RouteContext) => RepositoryRoute | undefined;

/** The first part of the address → what lies below it. */
const FINDERS: Readonly<Record<string, Finder>> = {
  branches: listAndItem(branchListView, branchDetailView),
  commits: findCommits,
  pulls: listAndItem(pullListView, pullDetailView),
  coverage: only(trendView),
  totals: only(totalsView),
  report: findReport,
  file_report: (rest) => (rest.length > 0 ? { view: fileReportView, item: rest.join("/") } : undefined),
  flags: findFlags,
  components: only(componentListView),
  compare: findCompare,
  config: only(repoConfigView),
};

/** Finds the view for what follows the name of a repository; undefined if nothing is there. */
export function findRepositoryRoute(
  [first = "", ...rest]: readonly string[],
  context: RouteContext,
): RepositoryRoute | undefined {
  return FINDERS[first]?.(rest, context);
}

function only(view: View): Finder {
  return (rest) => (rest.length === 0 ? { view } : undefined);
}

function listAndItem(list: View, detail: View): Finder {
  return ([item, ...further]) => {
    if (item === undefined) return { view: list };
    return further.length === 0 ? { view: detail, item } : undefined;
  };
}

/** Parts of a comparison, none of which has a slash at the end. */
const COMPARE_PARTS: Readonly<Record<string, View>> = {
  impacted_files: impactedFilesView,
  flags: compareFlagsView,
  components: compareComponentsView,
};

/** Parts of a comparison that are followed by the path of a file. */
const COMPARE_FILES: Readonly<Record<string, View>> = {
  file: compareFileView,
  segments: compareSegmentsView,
};

function findCompare(
  [part, ...path]: readonly string[],
  { hasSlash }: RouteContext,
): RepositoryRoute | undefined {
  if (part === undefined) return { view: compareView };
  if (hasSlash) return undefined;
  const view = path.length === 0 ? COMPARE_PARTS[part] : COMPARE_FILES[part];
  return view === undefined ? undefined : { view, item: path.join("/") };
}

function findReport(
  [further, ...rest]: readonly string[],
  { hasSlash }: RouteContext,
): RepositoryRoute | undefined {
  if (further === undefined) return { view: reportView };
  return further === "tree" && rest.length === 0 && !hasSlash ? { view: reportTreeView } : undefined;
}

function findFlags(
  [flag, part, ...rest]: readonly string[],
  { hasSlash, timeSeries }: RouteContext,
): RepositoryRoute | undefined {
  if (flag === undefined) return { view: flagListView };
  const isTrend = part === "coverage" && rest.length === 0 && !hasSlash && timeSeries;
  return isTrend ? { view: flagTrendView, item: flag } : undefined;
}

function findCommits(rest: readonly string[], context: RouteContext): RepositoryRoute | undefined {
  const [item, further] = rest;
  if (rest.length === 2 && further === "uploads") return { view: uploadListView, item: item ?? "" };
  return listAndItem(commitListView, commitDetailView)(rest, context);
}
