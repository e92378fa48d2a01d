import { explainUnexpected } from "#files/file-errors.ts";
import type { CallContext } from "#kernel/context.ts";
import { inSpan } from "#kernel/trace.ts";
import { type C1zFile, openC1z } from "#store/c1z-file.ts";
import type { SyncOrigin } from "#store/sync-origin.ts";
import { canResume } from "#sync/resume.ts";
import type { SyncClient } from "#sync/sync-client.ts";
import {
  recordEmptySync,
  runSync,
  type SyncOptions,
  type SyncPatience,
  type SyncResult,
} from "#sync/syncer.ts";
import { tellLastSync } from "./sync-metrics.ts";

export interface SyncTaskOptions extends SyncOptions {
  /** The `.c1z` file to extend or create. */
  readonly file: string;
  /** Where the working copy goes; the directory for temporary files of the environment if not given. */
  readonly tempDir?: string | undefined;
  /** What to record as the origin of the sync, asked when it is complete; nothing by default. */
  readonly origin?: () => SyncOrigin;
  /** Whether what was read before a failure is saved; true by default. */
  readonly keepUnfinished?: boolean;
  /** Called before a failure is thrown if the file holds progress with which the same sync would go on. */
  readonly onKept?: () => void;
}

export interface SyncTaskResult extends SyncResult {
  readonly path: string;
  readonly fileBytes: number;
}

/**
 * Syncs into a file. Whatever ends the sync early, what was read until then is saved into the file as an
 * unfinished sync, which the next run takes up again; finished syncs of the file stay readable. A sync that
 * fails before it has begun (the connector says that it cannot work) leaves the file untouched.
 *
 * @param client may still be on its way: the file is opened while the connector starts
 * @throws BatonError what ended the sync; what kept the file from being read or written.
 */
export async function runSyncTask(
  client: SyncClient | Promise<SyncClient>,
  { file: path, tempDir, keepUnfinished = true, origin, onKept, ...options }: SyncTaskOptions,
  ctx: CallContext,
): Promise<SyncTaskResult> {
  const connecting = Promise.resolve(client);
  // It may fail before anybody waits for it.
  connecting.catch(() => undefined);
  await using file = await inSpan(ctx.span, "open", () => openC1z(path, { ...ctx, tempDir }));
  tellLastSync(file.runs, ctx);
  let result: SyncResult;
  try {
    result = await runSync(await connecting, file, options, ctx);
  } catch (thrown) {
    // At once: why SQLite could not open a file can be found out only while what was in its way is still there.
    const error = explainUnexpected(thrown);
    if (keepUnfinished && (await saveUnfinished(file, ctx)) && isGoingOn(file, options)) onKept?.();
    throw error;
  }
  if (origin !== undefined) file.runs.setOrigin(result.run.id, origin());
  const saved = await file.save(ctx.span);
  return { ...result, path, fileBytes: saved?.fileBytes ?? 0 };
}

function isGoingOn(file: C1zFile, options: SyncOptions): boolean {
  const { targets = [], skipEntitlementsAndGrants = false, resumeKey } = options;
  return canResume(file, { targets: [...targets], skipEntitlementsAndGrants }, resumeKey);
}

/**
 * The reason why the sync ended is worth more than that it could not be saved either, which is only logged.
 *
 * @returns whether what there is to save is in the file
 */
async function saveUnfinished(file: C1zFile, { log, span }: CallContext): Promise<boolean> {
  try {
    // A file for nothing but the memory of a failure would only puzzle.
    if (file.runs.isEmpty) return false;
    const saved = await file.save(span);
    if (saved !== undefined)
      log.info("the unfinished sync was saved; the next run resumes it", { path: saved.path });
    return true;
  } catch (error) {
    log.error("the unfinished sync could not be saved; the file is unchanged", {
      path: file.path,
      error: explainUnexpected(error),
    });
    return false;
  }
}

/** Like {@link runSyncTask}, but with a sync that holds no rows; see {@link recordEmptySync}. */
export async function runEmptySyncTask(
  client: SyncClient,
  { file: path, tempDir, ...patience }: Pick<SyncTaskOptions, "file" | "tempDir"> & SyncPatience,
  ctx: CallContext,
): Promise<void> {
  await using file = await openC1z(path, { ...ctx, tempDir });
  await recordEmptySync(client, file, patience, ctx);
  await file.save(ctx.span);
}
