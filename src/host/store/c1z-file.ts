import { createHash } from "node:crypto";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import {
  copyDatabase,
  inTransaction,
  leaveWalMode,
  openWorkingDatabase,
  readInteger,
} from "#files/database.ts";
import { type DecodeLimits, readDecodeLimits } from "#files/decode-limits.ts";
import { toFileError } from "#files/file-errors.ts";
import { removeAbandonedTemporaries } from "#files/helper-path.ts";
import { isMissing } from "#files/missing.ts";
import { resolveOutput } from "#files/output-path.ts";
import { replaceFile } from "#files/replace-file.ts";
import { nameWorkspace, removeAbandonedWorkspace, type Workspace } from "#files/workspace.ts";
import type { Clock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import { inSpan, type Span } from "#kernel/trace.ts";
import { backfillExpansions } from "./backfill.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
import { RecordReader } from "./reader.ts";
import { ensureSchema } from "./schema.ts";
import { checkSchema } from "./schema-check.ts";
import { TimestampSource } from "./stored-time.ts";
import { SyncRecorder } from "./sync-recorder.ts";
import { SyncRuns } from "./sync-run.ts";
import { RecordWriter } from "./writer.ts";
import { acquireWriterLock, type WriterLock } from "./writer-lock.ts";

export interface ReadC1zOptions {
  /** Where the private working copy goes; default: `BATON_TMPDIR`, else the system's temporary directory. */
  readonly tempDir?: string | undefined;
  /** Bounds on decoding; default: those of the environment, see `decode-limits.ts`. */
  readonly limits?: DecodeLimits;
  /** Gives up decoding. */
  readonly signal?: AbortSignal;
}

export interface InspectC1zOptions extends ReadC1zOptions {
  /** Whether {@link C1zReader.sha256} is wanted. */
  readonly hash?: boolean;
}

export interface OpenC1zOptions extends ReadC1zOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was written, in bytes. */
export interface SavedFile {
  readonly path: string;
  readonly databaseBytes: number;
  readonly fileBytes: number;
}

/** A `.c1z` file open for reading: a private decoded copy, so the file itself may be replaced meanwhile. */
export class C1zReader implements AsyncDisposable {
  readonly path: string;
  /** SHA-256 of the file that was decoded, in hexadecimal digits; undefined unless it was asked for. */
  readonly sha256: string | undefined;
  readonly runs: SyncRuns;
  readonly #db: DatabaseSync;
  readonly #workspace: Workspace;

  constructor(path: string, db: DatabaseSync, workspace: Workspace, sha256?: string) {
    this.path = path;
    this.sha256 = sha256;
    this.runs = new SyncRuns(db, path);
    this.#db = db;
    this.#workspace = workspace;
  }

  /** The rows of one sync; see {@link SyncRuns.pick} for which. */
  reader(syncId: string): RecordReader {
    return new RecordReader(this.#db, syncId);
  }

  /** Removes the private copy. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
    await this.#workspace.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * A `.c1z` file open for writing. All work is done on a private copy; the file on disk changes only in
 * {@link C1zFile.save}, in one step.
 */
export class C1zFile implements AsyncDisposable {
  readonly path: string;
  readonly runs: SyncRecorder;
  readonly #db: DatabaseSync;
  readonly #workspace: Workspace;
  readonly #lock: WriterLock;
  readonly #timestamps: TimestampSource;
  readonly #log: Logger;
  #savedChanges: number;
  #saving: Promise<unknown> | undefined;

  constructor(
    path: string,
    db: DatabaseSync,
    workspace: Workspace,
    lock: WriterLock,
    { clock, log }: Pick<OpenC1zOptions, "clock" | "log">,
  ) {
    this.path = path;
    this.#db = db;
    this.#workspace = workspace;
    this.#lock = lock;
    this.#log = log;
    this.#timestamps = new TimestampSource(clock);
    this.#savedChanges = countChanges(db);
    this.runs = new SyncRecorder(db, path, this.#timestamps, () => clock.now(), log);
  }

  /** The rows of one sync, finished or not. */
  reader(syncId: string): RecordReader {
    return new RecordReader(this.#db, syncId);
  }

  /**
   * Writes rows into an unfinished sync.
   *
   * @throws BatonError FailedPrecondition if that sync has ended: readers trust its counts.
   */
  writer(syncId: string): RecordWriter {
    const run = this.runs.pick(syncId);
    if (run.endedAt !== undefined) {
      throw new BatonError(
        Code.FailedPrecondition,
        `sync ${syncId} has ended, so nothing can be added to it`,
      );
    }
    return new RecordWriter(this.#db, syncId, this.#timestamps);
  }

  /** Stores everything `work` writes together, or nothing if it throws. `work` must not wait. */
  transaction<T>(work: () => T): T {
    return inTransaction(this.#db, work);
  }

  /** Whether there is anything that {@link C1zFile.save} would write. */
  get hasChanges(): boolean {
    return countChanges(this.#db) !== this.#savedChanges;
  }

  /**
   * Replaces the file on disk by the present state; without changes it is left alone and the result is
   * undefined. The copy to be saved is taken at once, so work can go on while it is compressed. A sync that
   * is saved unfinished can be resumed from the file.
   *
   * @param span what traces show the saving as a part of
   * @throws BatonError ResourceExhausted if there is no space. The file on disk is then the old one, intact.
   */
  async save(span?: Span): Promise<SavedFile | undefined> {
    const save = () => inSpan(span, "save", (part) => this.#saveNow(part));
    // One after the other: two saves would share the snapshot.
    const saved = this.#saving === undefined ? save() : this.#saving.then(save);
    const settled = Promise.allSettled([saved]);
    this.#saving = settled;
    try {
      return await saved;
    } finally {
      if (this.#saving === settled) this.#saving = undefined;
    }
  }

  /** Gives up the lock and the private copy; what was not saved is lost. Calling it again does nothing. */
  async close(): Promise<void> {
    await this.#saving;
    if (!this.#db.isOpen) return;
    this.#db.close();
    await this.#workspace.remove();
    this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #saveNow(span: Span | undefined): Promise<SavedFile | undefined> {
    const changes = countChanges(this.#db);
    if (changes === this.#savedChanges) return undefined;
    try {
      // Independent of what is written from now on.
      await inSpan(span, "compact", () => copyDatabase(this.#db, this.#workspace.snapshotPath));
      const { size: databaseBytes } = await stat(this.#workspace.snapshotPath);
      const fileBytes = await replaceFile(
        { path: this.path, content: "c1z", action: `save ${this.path}` },
        (target) =>
          inSpan(span, "compress", () => encodeEnvelope(this.#workspace.snapshotPath, databaseBytes, target)),
      );
      this.#savedChanges = changes;
      this.#log.info("c1z: saved", {
        output_path: this.path,
        decompressed_bytes: databaseBytes,
        compressed_bytes: fileBytes,
      });
      return { path: this.path, databaseBytes, fileBytes };
    } catch (error) {
      throw toFileError(error, `save ${this.path}`, "what was there before is unchanged");
    } finally {
      await rm(this.#workspace.snapshotPath, { force: true });
    }
  }
}

/**
 * Opens `path` for writing: decodes it into a private copy, or starts an empty one if there is no such file or
 * it is empty. A second writer is refused. Close it in any case.
 *
 * @throws BatonError FailedPrecondition if another process writes the file, the file is in the v3 format, or
 *   a directory does not exist; InvalidArgument, DataLoss or ResourceExhausted if it cannot be decoded. The
 *   file is never touched by a refusal.
 */
export async function openC1z(path: string, options: OpenC1zOptions): Promise<C1zFile> {
  const output = await resolveOutput(path, "c1z");
  const workspace = await nameWorkspace(options.tempDir);
  let lock: WriterLock | undefined;
  try {
    lock = acquireWriterLock(output, workspace.directory, options.log);
    for (const abandoned of lock.abandonedWorkspaces) await removeAbandonedWorkspace(abandoned);
    await workspace.create();
    await removeAbandonedTemporaries(output);
    return new C1zFile(output, await openCopy(output, workspace, options), workspace, lock, options);
  } catch (error) {
    await workspace.remove();
    lock?.release();
    throw toFileError(error, `open ${path}`);
  }
}

/**
 * Opens `path` for reading.
 *
 * @throws BatonError NotFound if there is no such file; otherwise as {@link openC1z}.
 */
export async function openC1zReadOnly(path: string, options: InspectC1zOptions = {}): Promise<C1zReader> {
  const workspace = await nameWorkspace(options.tempDir);
  try {
    await workspace.create();
    const { size } = await stat(path);
    if (size === 0)
      throw new BatonError(Code.FailedPrecondition, `${path} is empty; run a sync into it first`);
    if (options.hash !== true) {
      return new C1zReader(path, await openCopy(path, workspace, options), workspace);
    }
    let sha256: string | undefined;
    const db = await openCopy(path, workspace, options, async (source) => {
      sha256 = await hashFile(source);
    });
    return new C1zReader(path, db, workspace, sha256);
  } catch (error) {
    await workspace.remove();
    if (isMissing(error)) {
      throw new BatonError(
        Code.NotFound,
        `there is no file ${path}; run a sync first, or name another file`,
        { cause: error },
      );
    }
    throw toFileError(error, `open ${path}`);
  }
}

/** Decodes the file into the workspace and brings its tables up to date. */
async function openCopy(
  path: string,
  workspace: Workspace,
  options: ReadC1zOptions,
  inspect?: (source: FileHandle) => Promise<void>,
): Promise<DatabaseSync> {
  const limits = options.limits ?? readDecodeLimits(process.env);
  const target = await open(workspace.databasePath, "wx+", 0o600);
  try {
    await decodeEnvelope(path, target, limits, options.signal, inspect);
    await leaveWalMode(target);
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    await target.close();
  }
  const db = openWorkingDatabase(workspace.databasePath);
  try {
    checkSchema(db, path);
    ensureSchema(db);
    backfillExpansions(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

async function hashFile(file: FileHandle): Promise<string> {
  const sum = createHash("sha256");
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) sum.update(chunk);
  return sum.digest("hex");
}

/** Counts every row inserted, updated or deleted through this connection. */
function countChanges(db: DatabaseSync): number {
  return readInteger(db.prepare("SELECT total_changes() AS n").get() ?? {}, "n");
}
