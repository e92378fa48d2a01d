import { Refusal, ServerFailure } from "../answer.ts";
import { parsePythonInteger } from "../python.ts";
import type { Call } from "../view.ts";
import type { Place } from "./access.ts";
import { commitObject } from "./commits.ts";
import { type Hunk, readHunks } from "./diff.ts";
import { askForComparison, type ProviderComparison, type ProviderFile } from "./provider.ts";
import {
  countLines,
  type FileLines,
  type LineCode,
  type LineCounts,
  type MergedReport,
  mergeReport,
  reportTotals,
  totalsOfReport,
} from "./report.ts";
import { storedReport } from "./selection.ts";
import type { Repository, StoredCommit } from "./stored.ts";
import { formatStamp } from "./times.ts";

/** The two commits that a request compares. */
export interface Pair {
  readonly base: StoredCommit;
  readonly head: StoredCommit;
}

/** A file of the diff, and what became of its added lines in the report of the head. */
export interface DiffFile {
  readonly file: ProviderFile;
  readonly hunks: readonly Hunk[];
  readonly patch: LineCounts;
}

/** Two commits with their reports, and what the git provider says lies between them. */
export interface Comparison extends Pair {
  readonly baseReport: MergedReport | undefined;
  readonly headReport: MergedReport | undefined;
  readonly provider: ProviderComparison;
  /** Files of the diff by their names in the head. */
  readonly diff: ReadonlyMap<string, DiffFile>;
}

/**
 * The pair that `pullid`, or `base` and `head`, name. Of a pull it is the commit that was compared to, if stored, else its base.
 *
 * @throws Refusal 400 for what is missing, 404 for what is unknown. @throws ServerFailure for a number that is none.
 */
export function selectPair({ request }: Call, { repository }: Place): Pair {
  const pullid = request.lastParameter("pullid");
  if (pullid !== undefined && pullid !== "") return selectPullPair(repository, pullid);
  const [base, head] = [request.lastParameter("base") ?? "", request.lastParameter("head") ?? ""];
  const missing = Object.entries({ base, head }).filter(([, value]) => value === "");
  if (missing.length > 0) {
    throw new Refusal(400, Object.fromEntries(missing.map(([key]) => [key, ["This field is required."]])));
  }
  return { base: findSide(repository, "Base", base), head: findSide(repository, "Head", head) };
}

function selectPullPair({ pulls, commits }: Repository, text: string): Pair {
  const number = parsePythonInteger(text);
  if (number === undefined) throw new ServerFailure("a text in place of a number");
  const pull = pulls.find(({ pullid }) => BigInt(pullid) === number);
  if (pull === undefined) throw Refusal.detail(404, "No Pull matches the given query.");
  const [base, head] = [commits.find(pull.compared_to ?? pull.base), commits.find(pull.head)];
  if (base !== undefined && head !== undefined) return { base, head };
  throw Refusal.detail(404, "Sorry, we are missing a commit for that pull request.");
}

function findSide({ branches, commits }: Repository, side: "Base" | "Head", name: string): StoredCommit {
  const branch = branches.find((candidate) => candidate.name === name);
  const commit = commits.find(branch?.head ?? name);
  if (commit !== undefined) return commit;
  if (branch === undefined) throw Refusal.detail(404, `${side} commit '${name}' not found!`);
  throw Refusal.detail(404, `${side} commit '${branch.head}' for branch '${name}' not found!`);
}

/** Reads both reports and asks the provider, whose answer is kept; one that fails is asked twice. */
export function compare(call: Call, { organization, repository }: Place, pair: Pair): Comparison {
  const owner = call.state.owner(organization.ownerid).username ?? "";
  const names = `${pair.base.commitid}...${pair.head.commitid}`;
  const key = `${repository.repoid}/${names}`;
  const ask = (): ProviderComparison => askForComparison(call, owner, repository.name, names, call.caller);
  const provider = call.state.comparisons.get(key) ?? askTwice(ask);
  call.state.comparisons.set(key, provider);

  const [baseReport, headReport] = [readReport(call, pair.base), readReport(call, pair.head)];
  const diff = new Map(provider.files.map((file) => [file.filename, diffFile(file, headReport)]));
  return { ...pair, baseReport, headReport, provider, diff };
}

function askTwice(ask: () => ProviderComparison): ProviderComparison {
  try {
    return ask();
  } catch {
    return ask();
  }
}

function readReport(call: Call, commit: StoredCommit): MergedReport | undefined {
  const stored = storedReport(call, commit);
  return stored === undefined ? undefined : mergeReport(stored);
}

function diffFile(file: ProviderFile, report: MergedReport | undefined): DiffFile {
  const hunks = readHunks(file);
  const codes = codesOf(findFile(report, file.filename));
  const added = hunks
    .flatMap(({ lines }) => lines)
    .flatMap(({ kind, head }): [number, LineCode][] => {
      const code = kind === "+" && head !== null ? codes.get(head) : undefined;
      return head === null || code === undefined ? [] : [[head, code]];
    });
  return { file, hunks, patch: countLines([{ name: file.filename, lines: added }]) };
}

export function findFile(report: MergedReport | undefined, name: string): FileLines | undefined {
  return report?.files.find((file) => file.name === name);
}

/** Line → what became of it. */
export function codesOf(file: FileLines | undefined): ReadonlyMap<number, LineCode> {
  return new Map(file?.lines);
}

/** What `compare` and `impacted_files` have in common; `author` shows whoever made an uploaded commit. */
export function comparisonHead(
  call: Call,
  { repository }: Place,
  comparison: Comparison,
  showUpload: (commit: StoredCommit) => Record<string, unknown> = (commit) =>
    commitObject(call.state, commit),
): Record<string, unknown> {
  const { base, head, baseReport, headReport, provider } = comparison;
  const commits = [...provider.commits.toReversed(), provider.base_commit];
  const uploads = commits
    .flatMap(({ sha }) => repository.commits.find(sha) ?? [])
    .toSorted((a, b) => (a.commitid < b.commitid ? -1 : 1));
  return {
    base_commit: base.commitid,
    head_commit: head.commitid,
    totals: {
      base: baseReport === undefined ? null : totalsOfReport(baseReport),
      head: headReport === undefined ? null : totalsOfReport(headReport),
      patch:
        baseReport === undefined || headReport === undefined ? null : patchTotals(comparison, headReport),
    },
    commit_uploads: uploads.map(showUpload),
    diff: {
      git_commits: commits.map(({ sha, message, date, id, login, name, email }) => ({
        commitid: sha,
        message,
        timestamp: formatStamp(date),
        author: { id, username: login, name, email },
      })),
    },
  };
}

/** Totals of the lines that the diff adds to files of a report; null if the diff is empty. */
export function patchTotals(
  { diff, provider }: Comparison,
  { files }: Pick<MergedReport, "files">,
): Record<string, unknown> | null {
  if (provider.files.length === 0) return null;
  const touched = files.flatMap(({ name }) => diff.get(name) ?? []);
  const sum = (key: keyof LineCounts): number => touched.reduce((total, { patch }) => total + patch[key], 0);
  const counts = { lines: sum("lines"), hits: sum("hits"), misses: sum("misses"), partials: sum("partials") };
  const totals = reportTotals(counts, { files: touched.length, sessions: 0, diff: 0 });
  // With nothing to add up, two of the sums are null.
  return touched.length > 0 ? totals : { ...totals, complexity: null, complexity_total: null };
}

/** Files of the diff that neither report knows. */
export function untrackedFiles({ diff, baseReport, headReport }: Comparison): string[] {
  return [...diff.values()]
    .filter(({ file }) => {
      const before = file.previous_filename ?? file.filename;
      return findFile(headReport, file.filename) === undefined && findFile(baseReport, before) === undefined;
    })
    .map(({ file }) => file.filename);
}
