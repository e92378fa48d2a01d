import type { CodecovCall } from "#codecov/api/api.ts";
import type { ObjectResponse } from "#codecov/api/coverage-requests.ts";
import type { Comparison, Impacted, ImpactedFile } from "#codecov/api/coverage-schemas.ts";
import type { ReportedTotals } from "#codecov/api/reported-totals.ts";
import type { ChangedFile, ComparedCommit, ListedPull, PullDetails } from "#codecov/coverage/model/pull.ts";
import type { PatchTotals, Totals } from "#codecov/coverage/model/totals.ts";
import { doubling } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { toInstant } from "./instants.ts";
import { toLines, toListedPull, toTotals } from "./open-pulls.ts";
import type { CoverageSource } from "./read-organization.ts";
import { readSeat } from "./seat.ts";

/** Longest time that the requests of one pull request spend waiting for a busy Codecov, all together. */
const MAX_WAIT_MS = 30_000;

/** The first pause before a pending comparison is looked at again; it doubles. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

export interface PullOptions {
  readonly repository: string;
  readonly number: number;
  /** How long a pending comparison may take, in milliseconds. 0: look once. */
  readonly waitMs: number;
  /** Whether a comparison may be computed that Codecov has not computed yet. Default false: nothing is changed. */
  readonly compute?: boolean;
  /** As for the organization. Default false. */
  readonly allowSeat?: boolean;
}

export type PullReading =
  | {
      readonly kind: "pull";
      readonly pull: ListedPull;
      readonly details: PullDetails;
      /** Epoch milliseconds. */
      readonly readAt: number;
    }
  /** Reading it could take a seat, or is refused. */
  | { readonly kind: "no_access"; readonly reason: string };

/**
 * Reads one pull request that was asked for by name: its figures, the commits that Codecov compares, and its files. Base and
 * head are those of the comparison where that was read, so that they belong to the named commits.
 *
 * @throws BatonError NotFound for a repository that the token's owner cannot see or a pull request that Codecov does not
 * know, Unavailable and DeadlineExceeded for what can pass
 */
export async function readPull(
  source: CoverageSource,
  { repository, number, waitMs, compute = false, allowSeat = false }: PullOptions,
  ctx: CallContext,
): Promise<PullReading> {
  const call = await source.forCall(ctx, MAX_WAIT_MS);
  const found = await findRepository(call, repository);
  if (found.private && !allowSeat) {
    const seat = await readSeat(call);
    if (seat.failure !== undefined) throw seat.failure;
    if (!seat.isFree) {
      const reason = `Reading ${found.name}, which is private, could take a seat: ${seat.why}; --codecov-allow-seat accepts that`;
      return { kind: "no_access", reason };
    }
  }
  const readAt = ctx.clock.now();
  const pull = await waitForPatch(
    call,
    { repository: found.name, number, waitMs: compute ? 0 : waitMs },
    ctx,
  );
  if ("kind" in pull) return pull;
  if (pull.patch === null && !compute) {
    return { kind: "pull", ...withCommits(pull, await readCommits(call, found.name, number)), readAt };
  }
  const files = await readFiles(call, { repository: found.name, number, waitMs }, ctx);
  if (files === undefined) return { kind: "pull", pull, details: NO_DETAILS, readAt };
  // What was computed meanwhile shows in the pull request too.
  const isNew = pull.patch === null && files.state === "processed";
  const now = isNew ? await readNumber(call, found.name, number) : pull;
  return "kind" in now ? now : { kind: "pull", ...withFiles(now, files), readAt };
}

/** The repository by its own spelling, from the list, which takes no seat. */
async function findRepository(
  call: CodecovCall,
  wanted: string,
): Promise<{ readonly name: string; readonly private: boolean }> {
  const response = await call.repositories({ page: 1, pageSize: 1, names: [wanted] });
  // Whether it is private cannot be told, so that it counts as private.
  if (response.kind === "failed") return { name: wanted, private: true };
  const [found] = response.kind === "page" ? response.page.results : [];
  if (found !== undefined) return found;
  const { owner } = call.target;
  throw new BatonError(
    Code.NotFound,
    `the owner of the API token sees no repository ${wanted} of ${owner} in Codecov; check the name, and that this account can see it`,
  );
}

type NoAccess = Extract<PullReading, { kind: "no_access" }>;

type Asked = Pick<PullOptions, "repository" | "number" | "waitMs">;

/** The pull request once Codecov has compared it by itself, or as it is when the time is over. Changes nothing. */
async function waitForPatch(
  call: CodecovCall,
  { repository, number, waitMs }: Asked,
  ctx: CallContext,
): Promise<ListedPull | NoAccess> {
  return await poll(
    waitMs,
    ctx,
    async () => await readNumber(call, repository, number),
    (pull) => "kind" in pull || pull.patch !== null,
  );
}

async function readNumber(
  call: CodecovCall,
  repository: string,
  number: number,
): Promise<ListedPull | NoAccess> {
  const response = await call.pullRequest(repository, number);
  if (response.kind === "failed") throw response.error;
  if (response.kind === "value") return toListedPull(repository, response.value);
  if (response.reason.includes("No Pull matches")) {
    throw new BatonError(
      Code.NotFound,
      `Codecov knows no pull request ${number} of ${repository}; it learns of one with the first upload for it`,
    );
  }
  return {
    kind: "no_access",
    reason: `Codecov refuses pull request ${number} of ${repository} (${response.reason})`,
  };
}

async function readCommits(
  call: CodecovCall,
  repository: string,
  number: number,
): Promise<Comparison | undefined> {
  return toValue(await call.comparison(repository, number));
}

async function readFiles(
  call: CodecovCall,
  { repository, number, waitMs }: Asked,
  ctx: CallContext,
): Promise<Impacted | undefined> {
  return await poll(
    waitMs,
    ctx,
    async () => toValue(await call.impactedFiles(repository, number)),
    (impacted) => impacted?.state !== "pending",
  );
}

/** Asks again until the answer is there or `waitMs` are over, after pauses that double. */
async function poll<T>(
  waitMs: number,
  { clock, signal }: Pick<CallContext, "clock" | "signal">,
  ask: () => Promise<T>,
  isThere: (answer: T) => boolean,
): Promise<T> {
  const end = clock.monotonic() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    const left = end - clock.monotonic();
    if (isThere(answer) || left <= 0) return answer;
    await clock.sleep(Math.min(left, doubling(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)), signal);
  }
}

/** Undefined if Codecov or the git service does not know the commits. */
function toValue<Value>(response: ObjectResponse<Value>): Value | undefined {
  if (response.kind === "failed") throw response.error;
  return response.kind === "value" ? response.value : undefined;
}

const NO_DETAILS: PullDetails = {
  comparison: "missing",
  baseCommit: null,
  headCommit: null,
  files: null,
  untracked: [],
};

type Read = Pick<Extract<PullReading, { kind: "pull" }>, "pull" | "details">;

function withCommits(pull: ListedPull, comparison: Comparison | undefined): Read {
  if (comparison === undefined) return { pull, details: NO_DETAILS };
  const { base_commit: base, head_commit: head, totals, untracked } = comparison;
  return {
    pull: {
      ...pull,
      base: totalsOf(base, totals.base, comparison),
      head: totalsOf(head, totals.head, comparison),
      patch: toPatch(totals.patch) ?? pull.patch,
    },
    details: {
      ...NO_DETAILS,
      baseCommit: toCommit(base, comparison),
      headCommit: toCommit(head, comparison),
      untracked,
    },
  };
}

/** The report of a commit: as compared, or as the commit has it if its report is not stored any more. */
function totalsOf(sha: string | null, compared: ReportedTotals, comparison: Comparison): Totals | null {
  if (compared.kind !== "none") return toTotals(compared);
  const commit = comparison.commit_uploads.find(({ commitid }) => commitid === sha);
  return commit === undefined ? null : toTotals(commit.totals);
}

function toPatch(patch: ReportedTotals): PatchTotals | null {
  return patch.kind === "counts" ? toLines(patch.counts) : null;
}

function withFiles(pull: ListedPull, impacted: Impacted): Read {
  const { pull: compared, details } = withCommits(pull, impacted);
  const files =
    impacted.state === "processed" ? impacted.files.flatMap(toChangedFile).toSorted(byPath) : null;
  return { pull: compared, details: { ...details, comparison: impacted.state, files } };
}

function toCommit(sha: string | null, { commit_uploads: known }: Comparison): ComparedCommit | null {
  if (sha === null) return null;
  const timestamp = known.find(({ commitid }) => commitid === sha)?.timestamp ?? null;
  return { sha, committedAt: toInstant(timestamp) };
}

/** A removed file keeps its name; one without any is no file. */
function toChangedFile(file: ImpactedFile): ChangedFile[] {
  const path = file.head_name ?? file.base_name;
  if (path === null) return [];
  const { base_coverage: base, head_coverage: head, patch_coverage: patch } = file;
  const lines = (side: PatchTotals | null) => (side === null ? null : toLines(side));
  return [{ path, base: lines(base), head: lines(head), patch: lines(patch) }];
}

function byPath(a: ChangedFile, b: ChangedFile): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
