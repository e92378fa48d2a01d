import { jsonBody, Refusal, ServerFailure } from "../answer.ts";
import { parsePythonInteger } from "../python.ts";
import { repositoryView } from "./access.ts";
import { countLines, type FileLines } from "./report.ts";
import { selectReport } from "./selection.ts";

interface TreeNode {
  readonly name: string;
  readonly full_path: string;
  readonly coverage: number;
  readonly lines: number;
  readonly hits: number;
  readonly partials: number;
  readonly misses: number;
  readonly children?: readonly TreeNode[];
}

/** `GET …/report/tree`: folders and files with their rolled-up figures, to a depth. */
export const reportTreeView = repositoryView(
  "Report Tree",
  (call, place) => {
    const { request } = call;
    const depth = parsePythonInteger(request.lastParameter("depth") ?? "1");
    if (depth === undefined) throw new ServerFailure("a text in place of a number");
    const path = (request.lastParameter("path") ?? "").replace(/\/$/, "");
    const { report } = selectReport(call, place);
    if (report.files.some(({ name }) => name === path))
      throw new ServerFailure("a file in place of a folder");
    const files = report.files.filter(({ name }) => path === "" || name.startsWith(`${path}/`));
    if (path !== "" && files.length === 0) {
      throw Refusal.detail(404, `No files or directories found matching path: ${path}`);
    }
    return jsonBody(buildNodes(files, path === "" ? "" : `${path}/`, Math.max(1, Number(depth))));
  },
  { takesSuperToken: true },
);

/** One row for each file and folder directly below `prefix`, in the order in which the files name them. */
function buildNodes(files: readonly FileLines[], prefix: string, depth: number): TreeNode[] {
  const groups = new Map<string, FileLines[]>();
  for (const file of files) {
    const [first = ""] = file.name.slice(prefix.length).split("/");
    groups.set(first, [...(groups.get(first) ?? []), file]);
  }
  return [...groups].map(([name, group]) => buildNode(group, prefix, name, depth));
}

/** A folder that holds nothing but one folder is one row with it. */
function buildNode(files: readonly FileLines[], prefix: string, name: string, depth: number): TreeNode {
  const full_path = `${prefix}${name}`;
  const counts = countLines(files);
  const coverage = counts.lines === 0 ? 0 : (counts.hits / counts.lines) * 100;
  if (files.some((file) => file.name === full_path)) return { name, full_path, coverage, ...counts };

  const below = new Set(files.map((file) => file.name.slice(full_path.length + 1).split("/")[0] ?? ""));
  const [only = ""] = below;
  const isOneFolder = below.size === 1 && files.every((file) => file.name !== `${full_path}/${only}`);
  if (isOneFolder) return buildNode(files, prefix, `${name}/${only}`, depth);
  const children = depth > 1 ? { children: buildNodes(files, `${full_path}/`, depth - 1) } : {};
  return { name, full_path, coverage, ...counts, ...children };
}
