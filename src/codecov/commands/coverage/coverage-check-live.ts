import type { Invocation } from "#cli/command.ts";
import type { Job } from "#cli/job.ts";
import type { Settings } from "#cli/load-settings.ts";
import { runJob, traceJob } from "#cli/run-job.ts";
import { judgePull } from "#codecov/coverage/model/judge-pull.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import type { MatchedRules } from "#codecov/coverage/model/rules.ts";
import { readOrganization } from "#codecov/coverage/reading/read-organization.ts";
import { readPull } from "#codecov/coverage/reading/read-pull.ts";
import { linkPull } from "#codecov/coverage/report/links.ts";
import { openTemporaryStore } from "#codecov/coverage/store/coverage-store.ts";
import { parseDuration } from "#kernel/duration.ts";
import { type CheckOptions, explainRules, type Gate, type Judged, judgeHistory } from "./judge-history.ts";
import { type LiveSource, openLiveSource } from "./live-source.ts";
import { nameOfPull, selectNames } from "./repository-names.ts";

/** Days of the trend that the rules need. */
const TREND_DAYS = 30;

/** Judges what Codecov says now. */
export async function checkLive(
  invocation: Invocation,
  settings: Settings,
  options: CheckOptions,
  gate: Gate,
  end: (judged: Judged) => Promise<number>,
): Promise<number> {
  return await runJob(invocation, settings, "screen", (job) =>
    traceJob("coverage check", job, async (traced) => {
      await using live = openLiveSource(traced);
      const { pull } = options;
      const judged =
        pull === undefined
          ? await checkRepositories(live, options, gate, traced)
          : await checkPull(live, options, gate, { ...traced, pull });
      traced.output.live?.clear();
      return await end(judged);
    }),
  );
}

/** The list is enough for minimums; rules on a trend need it to be read. */
async function checkRepositories(
  { organization, connection, ctx }: LiveSource,
  options: CheckOptions,
  gate: Gate,
  { output }: Job,
): Promise<Judged> {
  const isWanted = selectNames(options.repository);
  using store = openTemporaryStore(organization);
  const outcome = await readOrganization(
    connection,
    store,
    {
      details: "seat",
      days: TREND_DAYS,
      allowSeat: options.allowSeat,
      selects: (name) => isWanted(name) && needsTrend(gate.rulesFor(name)),
      onProgress: ({ due, done }) =>
        output.live?.update(`reading coverage: ${done} done, ${due - done} left`),
    },
    ctx,
  );
  if (outcome.failure !== undefined) throw outcome.failure;
  const where = `${organization.owner} in Codecov`;
  const judged = judgeHistory(store.history(), options, gate, { source: "codecov", where });
  return { ...judged, notes: outcome.notes };
}

function needsTrend({ ignore, rules, stated }: MatchedRules): boolean {
  if (ignore) return false;
  return rules.maxDrop !== null || stated.includes("decliningPoints") || stated.includes("staleAfterDays");
}

async function checkPull(
  { organization, connection, ctx }: LiveSource,
  { repository: patterns, wait, compute, allowSeat, base, explain }: CheckOptions,
  { policy, rulesFor }: Gate,
  { pull: number, output }: Job & { readonly pull: number },
): Promise<Judged> {
  const wanted = nameOfPull(patterns);
  output.live?.update(`reading pull request ${number} of ${wanted}`);
  const waitMs = parseDuration(wait) ?? 0;
  const reading = await readPull(connection, { repository: wanted, number, waitMs, compute, allowSeat }, ctx);
  const common = { organization, source: "codecov", notes: [], takenAt: ctx.clock.now() } as const;
  const name = reading.kind === "pull" ? reading.pull.repository : wanted;
  const match = rulesFor(name);
  const link = linkPull(organization, name, number);
  const judge = (pull: StoredPull) => judgePull(pull, match, { link, expectedBase: base });
  const results =
    reading.kind === "pull"
      ? judge({
          ...reading.pull,
          details: reading.details,
          readAt: reading.readAt,
          detailsReadAt: reading.readAt,
        })
      : judge(unreadPull(name, number)).map((result) => ({ ...result, sentence: reading.reason }));
  return {
    ...common,
    results,
    explanations: explain ? [explainRules(name, policy)] : [],
    hasRule: match.ignore || results.length > 0,
  };
}

/** What is known of a pull request that may not be read: every rule on it is unknown. */
function unreadPull(repository: string, number: number): StoredPull {
  return {
    repository,
    number,
    title: null,
    author: null,
    state: null,
    head: null,
    base: null,
    patch: null,
    updatedAt: null,
    readAt: 0,
    details: null,
    detailsReadAt: null,
  };
}
