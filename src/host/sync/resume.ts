import { BatonError } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { SyncRun, SyncType } from "#store/sync-run.ts";
import type { SyncScope, SyncStore } from "./session.ts";
import { SyncState } from "./sync-state.ts";

interface OpenedRun {
  readonly run: SyncRun;
  readonly state: SyncState;
  readonly resumed: boolean;
}

/**
 * The sync to work on: the newest unfinished one of the same type from the last seven days, or a new one.
 * Targeted syncs always start over, since the next one rarely wants the same resources.
 */
export function openRun(
  store: SyncStore,
  scope: SyncScope,
  resumeKey: string | undefined,
  log: Logger,
): OpenedRun {
  const type = syncType(scope);
  const unfinished = type === "partial" ? undefined : store.runs.findResumable(type);
  if (unfinished !== undefined) {
    if (mayResume(store, unfinished, resumeKey)) {
      const state = readState(unfinished, log);
      if (state !== undefined) {
        log.info("resumed previous sync", { sync_id: unfinished.id, started_at: unfinished.startedAt });
        return { run: unfinished, state, resumed: true };
      }
    } else {
      log.warn("an unfinished sync was started with different settings; it is discarded", {
        sync_id: unfinished.id,
      });
    }
    store.runs.discard(unfinished.id);
  }
  const parentId = type === "partial" ? store.runs.latestFinished("full")?.id : undefined;
  const run = store.runs.start(type, parentId);
  if (resumeKey !== undefined) store.runs.setResumeKey(run.id, resumeKey);
  return { run, state: new SyncState(""), resumed: false };
}

/** Whether the next sync with the same scope and key continues with one that is in the store. */
export function canResume(
  store: Pick<SyncStore, "runs">,
  scope: Pick<SyncScope, "targets" | "skipEntitlementsAndGrants">,
  resumeKey: string | undefined,
): boolean {
  const type = syncType(scope);
  const unfinished = type === "partial" ? undefined : store.runs.findResumable(type);
  return unfinished !== undefined && mayResume(store, unfinished, resumeKey);
}

function mayResume(store: Pick<SyncStore, "runs">, { id }: SyncRun, resumeKey: string | undefined): boolean {
  const storedKey = store.runs.resumeKey(id);
  return storedKey === undefined || resumeKey === undefined || storedKey === resumeKey;
}

function syncType({
  targets,
  skipEntitlementsAndGrants,
}: Pick<SyncScope, "targets" | "skipEntitlementsAndGrants">): Extract<
  SyncType,
  "full" | "resources_only" | "partial"
> {
  if (targets.length > 0) return "partial";
  return skipEntitlementsAndGrants ? "resources_only" : "full";
}

/**
 * Where an unfinished sync continues. Undefined if that cannot be read: what it has stored cannot be kept then either, since
 * a walk from the start removes none of the rows that are no longer true.
 */
function readState(run: SyncRun, log: Logger): SyncState | undefined {
  try {
    return new SyncState(run.token);
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    log.warn("the position of an unfinished sync cannot be read; the sync is discarded", {
      sync_id: run.id,
      error,
    });
    return undefined;
  }
}
