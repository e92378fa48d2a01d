import { isPassing } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { inSpan } from "#kernel/trace.ts";
import { formatResourceBid } from "#model/ids.ts";
import type { RecordKind } from "#store/reader.ts";
import type { DanglingReferences } from "#store/references.ts";
import type { RetentionPolicy } from "#store/retention.ts";
import type { SyncRun } from "#store/sync-run.ts";
import { ActionWorker } from "./action-worker.ts";
import { DEFAULT_MAX_WAIT_MS, GaveUpError, Retrier } from "./call-retrier.ts";
import { checkExclusionGroups, reportDanglingReferences, VERIFICATION } from "./invariants.ts";
import type { DropCounts, SyncProgress } from "./progress.ts";
import { openRun } from "./resume.ts";
import { lostRows, StartOverError, type SyncScope, SyncSession, type SyncStore } from "./session.ts";
import type { SyncClient } from "./sync-client.ts";

export interface SyncOptions extends Partial<SyncScope> {
  /** Listings of one phase read side by side; 1 by default. */
  readonly workers?: number;
  /** How long to go on without any success, in milliseconds; 15 minutes by default. */
  readonly maxWaitMs?: number;
  /**
   * Whether `maxWaitMs` holds from the first request on. Otherwise the first contact is given up as soon as the connector
   * gives it up, so that somebody who looks on soon hears of a wrong address; false by default.
   */
  readonly waitsFromStart?: boolean | undefined;
  /** What the file keeps of older syncs. */
  readonly retention: RetentionPolicy;
  /**
   * Says what is synced (which organization, which options). An unfinished sync that was started with another
   * key is not resumed but thrown away, so that two organizations never end up in one snapshot.
   */
  readonly resumeKey?: string;
  /** Called on every step; must be quick and must not throw. */
  readonly onProgress?: (progress: SyncProgress) => void;
}

export interface SyncResult {
  readonly run: SyncRun;
  /** Whether an unfinished sync was taken up again. */
  readonly resumed: boolean;
  /** Rows of the sync as they are stored. */
  readonly rows: Readonly<Record<RecordKind, number>>;
  readonly drops: Readonly<DropCounts>;
  readonly dangling: DanglingReferences;
  readonly progress: SyncProgress;
}

const RECORD_KINDS = ["resourceTypes", "resources", "entitlements", "grants"] as const;
const NAMES: Readonly<Record<RecordKind, string>> = {
  resourceTypes: "resource types",
  resources: "resources",
  entitlements: "entitlements",
  grants: "grants",
};

/** The setting with which somebody chooses how long to wait. */
const MAX_WAIT = "--max-wait";

/** A connector that cannot clean up must not hold up a sync that is complete. */
const CLEANUP_LIMIT_MS = 30_000;

/**
 * Records a full sync without any rows: for platforms that want to hear from a connector without its data.
 * The connector is asked whether it works, and nothing else.
 */
export async function recordEmptySync(
  client: SyncClient,
  store: SyncStore,
  options: SyncPatience,
  ctx: CallContext,
): Promise<SyncRun> {
  await validate(client, createRetrier(options, ctx), options, ctx);
  return store.runs.end(store.runs.start("full").id);
}

/**
 * Reads everything the connector has into one sync of `store`: resource types, resources,
 * entitlements, grants; then expands the grants, checks the whole and marks it as finished.
 *
 * Nothing is changed before the connector has said that it works. If the sync fails later or is aborted, it
 * stays in the store unfinished, with its position: the caller saves the store in either case.
 *
 * @throws BatonError what the connector answered; `Canceled` after an abort; `Unavailable` when it had nothing
 *   to say for too long.
 */
export async function runSync(
  client: SyncClient,
  store: SyncStore,
  options: SyncOptions,
  ctx: CallContext,
): Promise<SyncResult> {
  const scope = toScope(options);
  const retrier = createRetrier(options, ctx);
  const { sdkVersion } = await validate(client, retrier, options, ctx);
  const { run, state, resumed } = openRun(store, scope, options.resumeKey, ctx.log);
  const stop = new AbortController();
  const session = new SyncSession(
    {
      client,
      store,
      run,
      state,
      resumed,
      scope,
      activeSyncId: supportsActiveSyncId(sdkVersion) ? run.id : "",
      retrier,
      onProgress: options.onProgress,
    },
    { ...ctx, signal: AbortSignal.any([ctx.signal, stop.signal]) },
  );
  try {
    const collector = new ActionWorker(session, Math.max(1, options.workers ?? 1), (reason) =>
      stop.abort(reason),
    );
    await collector.run();
    return await finish(session, options.retention, resumed);
  } catch (thrown) {
    const error = ctx.signal.aborted ? canceled(ctx.signal) : toBatonError(thrown);
    leaveUnfinished(session, error);
    throw error;
  } finally {
    // Ends a page that was asked for ahead and that nobody waits for any more.
    stop.abort(new BatonError(Code.Canceled, "the sync has ended"));
  }
}

/** The options that say how long to wait. */
export type SyncPatience = Pick<SyncOptions, "maxWaitMs" | "waitsFromStart">;

function createRetrier(
  { maxWaitMs = DEFAULT_MAX_WAIT_MS, waitsFromStart = false }: SyncPatience,
  ctx: CallContext,
): Retrier {
  const chosenBy = waitsFromStart ? MAX_WAIT : undefined;
  return new Retrier({ ...ctx, maxWaitMs, chosenBy });
}

/** The connector tries for a while itself before it says that it does not work, so this is repeated only if asked for. */
async function validate(
  client: SyncClient,
  retrier: Retrier,
  { waitsFromStart = false }: SyncPatience,
  ctx: CallContext,
) {
  const what = "validating the connector";
  const call = (signal: AbortSignal) => client.validate({}, signal);
  if (waitsFromStart) return await retrier.run(what, ctx.signal, call);
  try {
    return await retrier.once(what, ctx.signal, call);
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    const error = toBatonError(thrown);
    if (error instanceof GaveUpError || !isPassing(error)) throw error;
    throw error
      .prefixed("gave up on the first request")
      .withAdvice(
        `the first request is retried only briefly unless ${MAX_WAIT} is set: ${MAX_WAIT}=15m keeps trying`,
      );
  }
}

/** Keeps what was read for the next run, unless the next run would fail because of it. */
function leaveUnfinished(session: SyncSession, reason: BatonError): void {
  try {
    if (reason instanceof StartOverError) session.store.runs.discard(session.run.id);
    else session.checkpoint();
  } catch (error) {
    session.ctx.log.error(
      "the position of the sync could not be stored, so the next run repeats more of it",
      {
        error,
      },
    );
  }
}

function toScope(options: SyncOptions): SyncScope {
  const resourceTypes = options.resourceTypes ?? [];
  const wanted = options.targets ?? [];
  const distinct = new Map(wanted.map((target) => [formatResourceBid(target), target]));
  const targets = [...distinct.values()].filter(
    ({ id }) => resourceTypes.length === 0 || resourceTypes.includes(id.resourceType),
  );
  if (wanted.length > 0 && targets.length === 0) {
    throw new BatonError(
      Code.InvalidArgument,
      "none of the resources of --sync-resources is of a type in --sync-resource-types, so there is nothing to sync",
    );
  }
  const { skipEntitlementsAndGrants = false, skipGrants = false, skipExpansion = false } = options;
  return { resourceTypes, targets, skipEntitlementsAndGrants, skipGrants, skipExpansion };
}

/** Connectors on baton-sdk before 0.4.3 do not know the sync's id. Pre-releases count as older, as in Go hosts. */
function supportsActiveSyncId(sdkVersion: string): boolean {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:\+.*)?$/u.exec(sdkVersion);
  if (match === null) return false;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  return major > 0 || minor > 4 || (minor === 4 && patch >= 3);
}

function canceled(signal: AbortSignal): BatonError {
  const { reason } = signal;
  return reason instanceof BatonError
    ? reason
    : new BatonError(Code.Canceled, "the sync was canceled", { cause: reason });
}

async function finish(
  session: SyncSession,
  retention: RetentionPolicy,
  resumed: boolean,
): Promise<SyncResult> {
  const { store, client, ctx } = session;
  const { id } = session.run;
  session.enter("finishing");
  reportDrops(session);
  checkExclusionGroups(session);
  const dangling = reportDanglingReferences(session);
  session.checkpoint();
  const rows = checkStored(session);
  store.transaction(() => {
    store.runs.end(id);
    store.runs.setVerification(id, VERIFICATION);
  });
  ctx.log.info("Sync complete.", { sync_id: id });
  const isDone = await inSpan(ctx.span, "remove older syncs", () =>
    store.runs.removeOlder(id, retention, ctx.signal),
  );
  if (!isDone) {
    ctx.log.info("stopped while older syncs were being removed; the next sync continues with that");
  }
  try {
    const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(CLEANUP_LIMIT_MS)]);
    await client.cleanup({ annotations: [], activeSyncId: session.activeSyncId }, signal);
  } catch (error) {
    ctx.log.warn("the connector could not clean up after the sync; the sync itself is complete", { error });
  }
  return {
    run: store.runs.pick(id),
    resumed,
    rows,
    drops: { ...session.drops },
    dangling,
    progress: session.progress(),
  };
}

/** Counts what the file holds of the sync, before it is said to be whole. */
function checkStored(session: SyncSession): Record<RecordKind, number> {
  const stored = session.countStored();
  const expected = session.countExpected();
  for (const kind of RECORD_KINDS) {
    if (stored[kind] === expected[kind]) continue;
    throw lostRows(`${expected[kind]} ${NAMES[kind]} were written, but the file contains ${stored[kind]}`);
  }
  return stored;
}

function reportDrops({ drops, ctx }: SyncSession): void {
  const counts = Object.entries(drops).filter(([, count]) => count > 0);
  if (counts.length > 0) {
    ctx.log.warn("some rows of the connector were left out of the sync", Object.fromEntries(counts));
  }
}
