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
 * Targeted syncs always begin anew, since the next one rarely wants the same resources.
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
    const storedKey = store.runs.resumeKey(unfinished.id);
    if (storedKey === undefined || resumeKey === undefined || storedKey === resumeKey) {
      return resume(store, unfinished, log);
    }
    log.warn("an unfinished sync was started with other settings; it is thrown away", {
      sync_id: unfinished.id,
    });
    store.runs.discard(unfinished.id);
  }
  const parentId = type === "partial" ? store.runs.latestFinished("full")?.id : undefined;
  const run = store.runs.start(type, parentId);
  if (resumeKey !== undefined) store.runs.setResumeKey(run.id, resumeKey);
  return { run, state: new SyncState(""), resumed: false };
}

function syncType({
  targets,
  skipEntitlementsAndGrants,
}: SyncScope): Extract<SyncType, "full" | "resources_only" | "partial"> {
  if (targets.length > 0) return "partial";
  return skipEntitlementsAndGrants ? "resources_only" : "full";
}

function resume(store: SyncStore, run: SyncRun, log: Logger): OpenedRun {
  try {
    const state = new SyncState(run.token);
    log.info("resumed previous sync", { sync_id: run.id, started_at: run.startedAt });
    return { run, state, resumed: true };
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    log.warn("the unfinished sync is read again from the start", { sync_id: run.id, error });
    store.runs.setToken(run.id, "");
    return { run, state: new SyncState(""), resumed: true };
  }
}
