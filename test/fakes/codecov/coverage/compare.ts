import { jsonBody, Refusal, ServerFailure } from "../answer.ts";
import type { Call } from "../view.ts";
import { type Place, repositoryView } from "./access.ts";
import { allLines, changedLines, comparedFileObject, segmentsOf } from "./compared-file.ts";
import {
  type Comparison,
  compare,
  comparisonHead,
  findFile,
  patchTotals,
  selectPair,
  untrackedFiles,
} from "./comparison.ts";
import { componentsOf, restrictToComponent } from "./component-filter.ts";
import { askForSource } from "./provider.ts";
import { type FileLines, type MergedReport, mergeFlags, totalsOfReport } from "./report.ts";
import { storedReport } from "./selection.ts";

/** `GET …/compare/`: totals, commits, and every file of the head's report with its changed lines. */
export const compareView = repositoryView("Compare List", (call, place) => {
  const hasDiff = readHasDiff(call);
  const comparison = compare(call, place, selectPair(call, place));
  const files = (comparison.headReport?.files ?? [])
    .filter(({ name }) => hasDiff === undefined || comparison.diff.has(name) === hasDiff)
    .map((file) => comparedFileObject(comparison, file, changedLines(call, comparison, file)));
  return jsonBody({
    ...comparisonHead(call, place, comparison),
    files,
    untracked: untrackedFiles(comparison),
  });
});

function readHasDiff({ request }: Call): boolean | undefined {
  const text = request.lastParameter("has_diff");
  if (text === undefined) return undefined;
  if (/^(?:true|t|yes|y|on|1)$/i.test(text)) return true;
  if (/^(?:false|f|no|n|off|0)$/i.test(text)) return false;
  throw new ServerFailure("has_diff is no truth value");
}

/** `GET …/compare/file/{path}`: one file with all its lines, whose text comes from the git provider. */
export const compareFileView = repositoryView("Compare File", (call, place) => {
  const { comparison, file, source } = compareOneFile(call, place);
  return jsonBody(comparedFileObject(comparison, file, allLines(call, comparison, file, source)));
});

/** `GET …/compare/segments/{path}`: the changed parts of one file. */
export const compareSegmentsView = repositoryView("Compare Segments", (call, place) => {
  const { comparison, file } = compareOneFile(call, place);
  return jsonBody({ segments: segmentsOf(comparison, file) });
});

function compareOneFile(
  call: Call,
  place: Place,
): { readonly comparison: Comparison; readonly file: FileLines; readonly source: string } {
  const path = call.parameters.item ?? "";
  const comparison = compare(call, place, selectPair(call, place));
  const file = findFile(comparison.headReport, path);
  if (file === undefined) throw Refusal.detail(404, "File not found in head report.");
  const owner = call.state.owner(place.organization.ownerid).username ?? "";
  const at = { path, ref: comparison.head.commitid };
  return { comparison, file, source: askForSource(call, owner, place.repository.name, at, call.caller) };
}

/** `GET …/compare/flags`: flags of the head that were uploaded for it. */
export const compareFlagsView = repositoryView("Compare Flags", (call, place) => {
  const comparison = compare(call, place, selectPair(call, place));
  const [base, head] = [storedReport(call, comparison.base), storedReport(call, comparison.head)];
  const flags = new Set(
    Object.values(head?.sessions ?? {}).flatMap(({ flags: names, type }) =>
      type === "uploaded" ? (names ?? []) : [],
    ),
  );
  const rows = [...flags].map((name) => {
    const part = (stored: typeof base): MergedReport | undefined =>
      stored === undefined ? undefined : mergeFlags(stored, (flag) => flag === name);
    return { name, ...compareParts(comparison, part(base), part(head)) };
  });
  return jsonBody(rows);
});

/** `GET …/compare/components`. */
export const compareComponentsView = repositoryView("Compare Components", (call, place) => {
  const comparison = compare(call, place, selectPair(call, place));
  const [base, head] = [storedReport(call, comparison.base), storedReport(call, comparison.head)];
  const rows = componentsOf(place.repository).map((component) => {
    const part = (stored: typeof base): MergedReport | undefined =>
      stored === undefined ? undefined : restrictToComponent(stored, component);
    const { component_id, name } = component;
    return { component_id, name, ...compareParts(comparison, part(base), part(head)) };
  });
  return jsonBody(rows);
});

function compareParts(
  comparison: Comparison,
  base: MergedReport | undefined,
  head: MergedReport | undefined,
): Record<string, unknown> {
  const touched = (head?.files ?? []).filter(({ lines }) => lines.length > 0);
  return {
    base_report_totals: base === undefined ? null : totalsOfReport(base),
    head_report_totals: head === undefined ? null : totalsOfReport(head),
    diff_totals: patchTotals(comparison, { files: touched }),
  };
}
