import { jsonBody, Refusal } from "../answer.ts";
import { renderPage, selectPage } from "../pagination.ts";
import type { Call } from "../view.ts";
import { type Place, repositoryView } from "./access.ts";
import { roundDown } from "./commit-totals.ts";
import { componentsOf, restrictToComponent } from "./component-filter.ts";
import { countLines, mergeFlags } from "./report.ts";
import { selectCommit, storedReport } from "./selection.ts";
import type { StoredReport } from "./stored.ts";

/** `GET …/flags/`: every flag that was ever seen, with 0 if the report lacks it, and null without a report. */
export const flagListView = repositoryView("Flag List", (call, place) => {
  const { flags } = place.repository;
  const page = selectPage(call.request, flags.length);
  const stored = findReport(call, place);
  const rows = flags
    .slice(page.from, page.to)
    .map((flag_name) => JSON.stringify({ flag_name, coverage: coverageOfFlag(stored, flag_name) }));
  return renderPage(page, rows);
});

/** An unknown branch or commit is as good as one without a report. */
function findReport(call: Call, { repository }: Place): StoredReport | undefined {
  try {
    return storedReport(call, selectCommit(call.request, repository));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function coverageOfFlag(stored: StoredReport | undefined, flag: string): number | null {
  if (stored === undefined) return null;
  const { hits, lines } = countLines(mergeFlags(stored, (candidate) => candidate === flag).files);
  return lines === 0 ? 0 : Number(((hits / lines) * 100).toFixed(5));
}

/** `GET …/components/`: a bare array, with null where nothing belongs to a component. */
export const componentListView = repositoryView("Component List", (call, { repository }) => {
  const stored = storedReport(call, selectCommit(call.request, repository));
  const rows = componentsOf(repository).map((component) => {
    const counts =
      stored === undefined ? undefined : countLines(restrictToComponent(stored, component).files);
    const { component_id, name } = component;
    if (counts === undefined || counts.lines === 0) return { component_id, name, coverage: null };
    return {
      component_id,
      name,
      coverage: roundDown(Number(((counts.hits / counts.lines) * 100).toFixed(5))),
    };
  });
  return jsonBody(rows);
});
