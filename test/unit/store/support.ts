import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { onTestFinished } from "vitest";
import type { Clock } from "#kernel/clock.ts";
import { BatonError } from "#kernel/errors.ts";
import { type LogFields, type Logger, silentLogger } from "#kernel/logger.ts";
import { type C1zFile, openC1z, openC1zReadOnly } from "#store/c1z-file.ts";
import { user } from "./sample-rows.ts";

/** Noon of a day without any clock change in common time zones. */
export const NOON = Date.UTC(2026, 10, 21, 12, 0, 0);

/** A clock that stands still until it is set. */
export class ManualClock implements Clock {
  time: number;

  constructor(time = NOON) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return 0;
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms;
  }
}

/** A directory that is removed when the test ends. */
export async function makeTempDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "store-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export interface TestFile {
  readonly directory: string;
  readonly path: string;
  readonly clock: ManualClock;
  readonly warnings: string[];
  open(): Promise<C1zFile>;
  /** Names in the directory of the file, and in that of workspaces. */
  leftovers(): Promise<string[]>;
}

/** A path for a `.c1z` file with everything that opens it; workspaces go into a directory of their own. */
export async function makeTestFile(name = "sync.c1z"): Promise<TestFile> {
  const root = await makeTempDir();
  const directory = await mkdtemp(join(root, "out-"));
  const tempDir = await mkdtemp(join(root, "tmp-"));
  const path = join(directory, name);
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = collectWarnings(warnings);
  return {
    directory,
    path,
    clock,
    warnings,
    async open() {
      const file = await openC1z(path, { clock, log, tempDir });
      onTestFinished(() => file.close());
      return file;
    },
    leftovers: async () =>
      [...(await readdir(directory)), ...(await readdir(tempDir))].filter((entry) => entry !== name),
  };
}

function collectWarnings(warnings: string[]): Logger {
  return {
    ...silentLogger,
    warn: (message: string, fields?: LogFields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
  };
}

/** The error that `work` fails with; fails itself if there is none, or one that is not ours. */
export async function catchError(work: () => unknown): Promise<BatonError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Adds a finished full sync of these users and returns its id. */
export function addSync(file: C1zFile, ...users: string[]): string {
  const { id } = file.runs.start("full");
  file.writer(id).putResources(users.map((name) => user(name)));
  return file.runs.end(id).id;
}

/** The user ids in the latest sync of the file. */
export async function readUsers(path: string): Promise<(string | undefined)[]> {
  const file = await openC1zReadOnly(path);
  onTestFinished(() => file.close());
  return file
    .reader(file.runs.pick().id)
    .listResources()
    .items.map(({ id }) => id?.resource);
}

const MAGIC = Buffer.from("C1ZF\0", "latin1");

/** Changes the database inside a `.c1z` file, as somebody with other tools might. */
export async function editDatabase(path: string, change: (db: DatabaseSync) => void): Promise<void> {
  const content = await readFile(path);
  const database = join(await makeTempDir(), "db");
  await writeFile(database, zstdDecompressSync(content.subarray(MAGIC.length)));
  const db = new DatabaseSync(database, { enableForeignKeyConstraints: false, defensive: false });
  try {
    change(db);
  } finally {
    db.close();
  }
  await packDatabase(path, database);
}

/** Makes a `.c1z` file of a database. */
export async function packDatabase(path: string, database: string): Promise<void> {
  await writeFile(path, Buffer.concat([MAGIC, zstdCompressSync(await readFile(database))]));
}
