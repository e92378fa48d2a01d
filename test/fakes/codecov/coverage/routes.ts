import type { View } from "../view.ts";
import { branchDetailView, branchListView } from "./branches.ts";
import { commitDetailView, commitListView, uploadListView } from "./commits.ts";
import { pullDetailView, pullListView } from "./pulls.ts";
import { trendView } from "./trend.ts";

/** An address below a repository, and what it names there. */
export interface RepositoryRoute {
  readonly view: View;
  /** Number, SHA, branch, flag or path in the address. */
  readonly item?: string;
}

type Finder = (rest: readonly string[], hasSlash: boolean) => RepositoryRoute | undefined;

/** The first part of the address → what lies below it. */
const FINDERS: Readonly<Record<string, Finder>> = {
  branches: listAndItem(branchListView, branchDetailView),
  commits: findCommits,
  pulls: listAndItem(pullListView, pullDetailView),
  coverage: only(trendView),
};

/** Finds the view for what follows the name of a repository; undefined if nothing is there. */
export function findRepositoryRoute(
  [first = "", ...rest]: readonly string[],
  hasSlash: boolean,
): RepositoryRoute | undefined {
  return FINDERS[first]?.(rest, hasSlash);
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

function findCommits(rest: readonly string[], hasSlash: boolean): RepositoryRoute | undefined {
  const [item, further] = rest;
  if (rest.length === 2 && further === "uploads") return { view: uploadListView, item: item ?? "" };
  return listAndItem(commitListView, commitDetailView)(rest, hasSlash);
}
