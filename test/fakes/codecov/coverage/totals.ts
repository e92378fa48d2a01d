import { jsonBody } from "../answer.ts";
import type { Call } from "../view.ts";
import { type Place, repositoryView } from "./access.ts";
import { fileTotals, linesOfReport, totalsOfReport } from "./report.ts";
import { commitUrl, type SelectedReport, selectReport } from "./selection.ts";

/** `GET …/totals/`: totals of a report and of each file. */
export const totalsView = repositoryView("Totals List", (call, place) => {
  const selected = selectReport(call, place);
  const { report } = selected;
  const files = report.files.map((file) => ({ name: file.name, totals: fileTotals(file) }));
  return jsonBody({ totals: totalsOfReport(report), files, commit_file_url: fileUrl(call, selected) });
});

/** `GET …/report/`: with the lines. */
export const reportView = repositoryView(
  "Report List",
  (call: Call, place: Place) => {
    const selected = selectReport(call, place);
    return jsonBody({ ...linesOfReport(selected.report), commit_file_url: fileUrl(call, selected) });
  },
  { takesSuperToken: true },
);

/** A path leads to a file if a component is asked for too, else to a folder. */
function fileUrl(call: Call, { commit }: SelectedReport): string {
  const path = call.request.lastParameter("path") ?? "";
  const isFile = path !== "" && /\.[^/]+$/.test(path);
  return `${commitUrl(call, commit)}/${isFile ? "blob" : "tree"}/${path}`;
}
