import { access } from "node:fs/promises";
import type { Task_SyncFullTask as SyncFullTask, Task } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import type { Redactor } from "#kernel/secret.ts";
import { inSpan } from "#kernel/trace.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import type { ResourceBid } from "#model/ids.ts";
import type { EngineWarning } from "#store/engine.ts";
import type { RetentionPolicy } from "#store/retention.ts";
import { StartOverError } from "#sync/session.ts";
import { runEmptySyncTask, runSyncTask, type SyncTaskResult } from "#tasks/sync-into-file.ts";
import { measureSync } from "#tasks/sync-metrics.ts";
import type { C1Client } from "./c1-client.ts";
import { openDebugLog } from "./debug-log.ts";
import { startHeartbeat } from "./heartbeat.ts";
import type { Outcome } from "./outcome.ts";
import { createTaskDirectory, type TaskDirectory } from "./task-directory.ts";
import type { UnfinishedFile } from "./unfinished-file.ts";
import { uploadFile } from "./upload.ts";

/** What of the program's settings matters for a sync. */
export interface SyncSettings {
  /** Where work files go. */
  readonly tempDir: string;
  /** Keeps interrupted syncs for later; undefined if work files do not outlive the process. */
  readonly unfinished: UnfinishedFile | undefined;
  /** Names what the connector reads: an interrupted sync of something else is not taken up again. */
  readonly subject: string;
  /** Only these resource types, unless the task names some itself; all if empty. */
  readonly resourceTypes: readonly string[];
  /** Answers every sync with an empty one. */
  readonly skip: boolean;
  readonly workers: number;
  readonly maxWaitMs: number;
  /** Whether that time holds from the first request on, see {@link SyncOptions}. */
  readonly waitsFromStart: boolean;
  readonly retention: RetentionPolicy;
  readonly engineWarning: EngineWarning;
}

/** A task to sync, with everything that is needed for it. */
export interface FullSync {
  readonly task: Task;
  readonly options: SyncFullTask;
  readonly c1: C1Client;
  readonly connector: LaunchedConnector;
  readonly settings: SyncSettings;
  readonly redactor: Redactor;
}

/**
 * Syncs into a file and uploads it.
 *
 * @returns undefined if C1 canceled the task before it started: nothing is to be reported then
 */
export async function runFullSync(sync: FullSync, ctx: CallContext): Promise<Outcome | undefined> {
  const { task, settings, redactor } = sync;
  await using directory = await createTaskDirectory(settings.tempDir);
  const log = task.debug ? openDebugLog(ctx.log, directory.debugLog, redactor, task.id) : ctx.log;
  using heartbeat = await beginHeartbeat(sync, ctx);
  if (heartbeat === undefined) {
    log.info("C1 canceled the task before it started");
    return undefined;
  }
  const taskCtx = { ...ctx, log, signal: heartbeat.signal };
  try {
    if (settings.skip) await syncNothing(sync, directory, taskCtx);
    else await measureSync(taskCtx, () => syncAndUpload(sync, directory, taskCtx));
    await uploadDebugLog(sync, directory, taskCtx);
    return {};
  } catch (thrown) {
    const error = toBatonError(thrown);
    // A connector that contradicts itself does so again.
    return { error, nonRetryable: error instanceof StartOverError };
  }
}

/** Answers with a file that holds nothing; that is not a sync to count. */
async function syncNothing(
  { c1, connector, options, settings, task }: FullSync,
  { path, syncFile: file }: TaskDirectory,
  ctx: CallContext,
): Promise<void> {
  settings.engineWarning.give(options.storageEngine, "C1", ctx.log);
  const { maxWaitMs, waitsFromStart } = settings;
  await runEmptySyncTask(connector.client, { file, tempDir: path, maxWaitMs, waitsFromStart }, ctx);
  await uploadFile(c1, task.id, file, ctx);
}

/** A sync is complete when C1 has it. */
async function syncAndUpload(
  sync: FullSync,
  directory: TaskDirectory,
  ctx: CallContext,
): Promise<SyncTaskResult> {
  const result = await syncIntoFile(sync, directory, ctx);
  await inSpan(ctx.span, "upload", () => uploadFile(sync.c1, sync.task.id, directory.syncFile, ctx));
  return result;
}

async function beginHeartbeat({ c1, task }: FullSync, ctx: CallContext) {
  try {
    return await startHeartbeat(c1, task.id, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    throw new BatonError(
      Code.Unavailable,
      `the sync was not started because C1 did not accept its heartbeat: ${toBatonError(error).message}`,
      { cause: error },
    );
  }
}

async function syncIntoFile(
  sync: FullSync,
  directory: TaskDirectory,
  ctx: CallContext,
): Promise<SyncTaskResult> {
  const { options, connector, settings } = sync;
  const { unfinished, maxWaitMs, waitsFromStart } = settings;
  const patience = { maxWaitMs, waitsFromStart };
  const file = directory.syncFile;
  settings.engineWarning.give(options.storageEngine, "C1", ctx.log);
  const scope = readScope(options, settings);
  const resumeKey = JSON.stringify({ subject: settings.subject, scope });
  // A targeted sync is over soon, and the next one wants something else.
  const keeper = scope.targets.length > 0 ? undefined : unfinished;
  if (await keeper?.claim(resumeKey, file)) ctx.log.info("resuming an interrupted sync");
  try {
    return await runSyncTask(
      connector.client,
      {
        ...scope,
        file,
        tempDir: directory.path,
        keepUnfinished: keeper !== undefined,
        workers: settings.workers,
        ...patience,
        retention: settings.retention,
        resumeKey,
      },
      ctx,
    );
  } catch (error) {
    if (!(error instanceof StartOverError)) await keep(keeper, resumeKey, file, ctx);
    throw error;
  }
}

/** Why the sync ended is worth more than that it could not be kept either, which is only logged. */
async function keep(
  keeper: UnfinishedFile | undefined,
  resumeKey: string,
  file: string,
  { log }: CallContext,
): Promise<void> {
  try {
    await keeper?.keep(resumeKey, file);
  } catch (error) {
    log.warn("the unfinished sync could not be kept; the next one starts over", { error });
  }
}

function readScope(options: SyncFullTask, { resourceTypes }: SyncSettings) {
  return {
    resourceTypes: options.syncResourceTypeIds.length > 0 ? options.syncResourceTypeIds : resourceTypes,
    targets: options.targetedSyncResources.map(({ id, parentResourceId }): ResourceBid => {
      if (id === undefined) {
        throw new BatonError(Code.InvalidArgument, "a resource of the targeted sync has no id");
      }
      return parentResourceId === undefined ? { id } : { id, parent: parentResourceId };
    }),
    skipEntitlementsAndGrants: options.skipEntitlementsAndGrants,
    skipGrants: options.skipGrants,
    skipExpansion: options.skipExpandGrants,
  };
}

/** The sync is with C1 by now, so a log that does not get there is no reason to sync again. */
async function uploadDebugLog(
  { c1, task }: FullSync,
  { debugLog }: TaskDirectory,
  ctx: CallContext,
): Promise<void> {
  if (!(await exists(debugLog))) return;
  try {
    await uploadFile(c1, task.id, debugLog, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log.warn("C1 did not accept the debug log; the sync itself is uploaded", { error });
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
