import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError } from "#kernel/errors.ts";
import { type LogFields, type Logger, silentLogger } from "#kernel/logger.ts";
import { type C1zFile, openC1z } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { runSync, type SyncOptions, type SyncResult } from "#sync/syncer.ts";
import type { FakeSyncClient } from "../../fakes/sync-client.ts";

export { makeEntitlement, makeGrant, makeResource, makeType, makeUser } from "../../fakes/rows.ts";

export const NOON = Date.UTC(2026, 10, 21, 12, 0, 0);

/**
 * A clock on which waiting takes no time: whenever the program has nothing else to do, it jumps to the
 * moment that somebody waits for.
 */
export class JumpingClock implements Clock {
  /** Every completed sleep in milliseconds. */
  readonly slept: number[] = [];
  #time = NOON;
  readonly #waiting = new Set<{ until: number; ms: number; wake: () => void }>();
  #ticking = false;

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time - NOON;
  }

  advance(ms: number): void {
    this.#time += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(toError(signal.reason));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { until: this.#time + ms, ms, wake: resolve };
    this.#waiting.add(entry);
    signal?.addEventListener("abort", () => {
      this.#waiting.delete(entry);
      reject(toError(signal.reason));
    });
    this.#tick();
    return promise;
  }

  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    // Two turns of the event loop without work: everything that can go on has gone on.
    setImmediate(() =>
      setImmediate(() => {
        this.#ticking = false;
        const [next] = [...this.#waiting].toSorted((a, b) => a.until - b.until);
        if (next === undefined) return;
        this.#waiting.delete(next);
        this.#time = Math.max(this.#time, next.until);
        this.slept.push(next.ms);
        next.wake();
        if (this.#waiting.size > 0) this.#tick();
      }),
    );
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export function recordLog(lines: LogLine[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields });
  return {
    ...silentLogger,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: () => recordLog(lines),
  };
}

/** A file to sync into, and everything to look at afterwards. */
export class SyncBench {
  readonly clock = new JumpingClock();
  readonly log: LogLine[] = [];
  readonly path: string;
  readonly #abort = new AbortController();

  constructor(directory: string) {
    this.path = join(directory, "sync.c1z");
  }

  get ctx(): CallContext {
    return { signal: this.#abort.signal, log: recordLog(this.log), clock: this.clock };
  }

  abort(reason?: Error): void {
    this.#abort.abort(reason);
  }

  /** Messages of warnings so far. */
  get warnings(): string[] {
    return this.log.filter(({ level }) => level === "warn").map(({ message }) => message);
  }

  async open(): Promise<C1zFile> {
    const file = await openC1z(this.path, { clock: this.clock, log: recordLog(this.log) });
    onTestFinished(() => file.close());
    return file;
  }
}

export async function createBench(): Promise<SyncBench> {
  const directory = await mkdtemp(join(tmpdir(), "sync-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return new SyncBench(directory);
}

/** Syncs into an open file that nobody saves. */
export function syncInto(
  file: C1zFile,
  client: FakeSyncClient,
  bench: SyncBench,
  options: Partial<SyncOptions> = {},
  ctx: CallContext = bench.ctx,
): Promise<SyncResult> {
  return runSync(client, file, { retention: { keepFullSyncs: 2 }, ...options }, ctx);
}

/** The ids of all rows of a sync, sorted. */
export function idsOf(file: C1zFile, syncId: string) {
  const reader = file.reader(syncId);
  return {
    types: [...everyItem((page) => reader.listResourceTypes(page))].map(({ id }) => id).toSorted(),
    resources: [...everyItem((page) => reader.listResources({}, page))]
      .map(({ id }) => `${id?.resourceType}:${id?.resource}`)
      .toSorted(),
    entitlements: [...everyItem((page) => reader.listEntitlements({}, page))].map(({ id }) => id).toSorted(),
    grants: [...everyItem((page) => reader.listGrants({}, page))].map(({ id }) => id).toSorted(),
  };
}

export async function catchError(work: Promise<unknown>): Promise<BatonError> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BatonError)) throw error;
  return error;
}
