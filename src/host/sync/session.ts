import type { ResourceType } from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { CallPlace } from "#kernel/trace.ts";
import type { ResourceBid } from "#model/ids.ts";
import type { C1zFile } from "#store/c1z-file.ts";
import { everyItem, type RecordKind, type RecordReader } from "#store/reader.ts";
import type { SyncRun } from "#store/sync-run.ts";
import type { RecordWriter } from "#store/writer.ts";
import type { Retrier } from "./call-retrier.ts";
import { createDropCounts, type SyncPhase, type SyncProgress } from "./progress.ts";
import type { SyncClient } from "./sync-client.ts";
import type { SyncState } from "./sync-state.ts";

/** What of a file a sync uses. */
export type SyncStore = Pick<C1zFile, "runs" | "reader" | "writer" | "transaction">;

/** What to sync. */
export interface SyncScope {
  /** Only these resource types; all if empty. */
  readonly resourceTypes: readonly string[];
  /** Only these resources, with what belongs to them: a targeted sync. Everything if empty. */
  readonly targets: readonly ResourceBid[];
  readonly skipEntitlementsAndGrants: boolean;
  readonly skipGrants: boolean;
  /** Leaves it to the platform to work out which grants follow from others. */
  readonly skipExpansion: boolean;
}

export interface SessionOptions {
  readonly client: SyncClient;
  readonly store: SyncStore;
  readonly run: SyncRun;
  readonly state: SyncState;
  /** Whether the run was begun by an earlier process. */
  readonly resumed: boolean;
  readonly scope: SyncScope;
  /** Sent with every request; empty for connectors that are too old to want it. */
  readonly activeSyncId: string;
  readonly retrier: Retrier;
  readonly onProgress: ((progress: SyncProgress) => void) | undefined;
}

/** What the log says where a phase is not one more thing to be read. */
const PHASE_MESSAGES: { readonly [Phase in SyncPhase]?: string } = {
  expansion: "Expanding grants...",
  finishing: "Finishing sync...",
};

/** How much work an interruption may cost at most. */
const CHECKPOINT_INTERVAL_MS = 10_000;

const NO_ROWS: Readonly<Record<RecordKind, number>> = {
  resourceTypes: 0,
  resources: 0,
  entitlements: 0,
  grants: 0,
};

/** One run of one sync: what all its phases share. */
export class SyncSession {
  readonly client: SyncClient;
  readonly store: SyncStore;
  readonly run: SyncRun;
  readonly state: SyncState;
  readonly scope: SyncScope;
  readonly activeSyncId: string;
  readonly ctx: CallContext;
  readonly reader: RecordReader;
  readonly writer: RecordWriter;
  readonly drops = createDropCounts();
  /** The stored resource types by id. */
  readonly types: Map<string, ResourceType>;
  /** Rows that the run had when it was taken up again. */
  readonly #rowsBefore: Readonly<Record<RecordKind, number>>;
  readonly #retrier: Retrier;
  readonly #onProgress: SessionOptions["onProgress"];
  readonly #startedAt: number;
  readonly #rows: Record<RecordKind, number> = { ...NO_ROWS };
  #phase: SyncPhase = "starting";
  #calls = 0;
  #checkpointAt: number;

  constructor(options: SessionOptions, ctx: CallContext) {
    this.client = options.client;
    this.store = options.store;
    this.run = options.run;
    this.state = options.state;
    this.scope = options.scope;
    this.activeSyncId = options.activeSyncId;
    this.ctx = ctx;
    this.reader = this.store.reader(this.run.id);
    this.writer = this.store.writer(this.run.id);
    this.types = new Map(
      [...everyItem((page) => this.reader.listResourceTypes(page))].map((type) => [type.id, type]),
    );
    this.#rowsBefore = options.resumed ? this.countStored() : NO_ROWS;
    this.#retrier = options.retrier;
    this.#onProgress = options.onProgress;
    this.#startedAt = ctx.clock.monotonic();
    this.#checkpointAt = this.#startedAt;
  }

  /** Whether rows of types outside the sync are left out: not in a targeted sync, which has no overview. */
  get isSnapshot(): boolean {
    return this.run.type !== "partial";
  }

  /** A call to the connector: repeated while it fails for a passing reason, counted when it is answered. */
  async call<T>(what: string, call: (signal: AbortSignal) => Promise<T>, place?: CallPlace): Promise<T> {
    const answer = await this.#retrier.run(what, this.ctx.signal, call, place);
    this.#calls += 1;
    return answer;
  }

  isSelected(resourceTypeId: string): boolean {
    const { resourceTypes } = this.scope;
    return resourceTypes.length === 0 || resourceTypes.includes(resourceTypeId);
  }

  enter(phase: SyncPhase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.ctx.log.info(PHASE_MESSAGES[phase] ?? `Syncing ${phase}...`, { sync_id: this.run.id });
    this.report();
  }

  countRows(kind: RecordKind, number: number): void {
    this.#rows[kind] += number;
    this.report();
  }

  /** The rows of the run as the file holds them. */
  countStored(): Record<RecordKind, number> {
    const { reader } = this;
    return {
      resourceTypes: reader.count("resourceTypes"),
      resources: reader.count("resources"),
      entitlements: reader.count("entitlements"),
      grants: reader.count("grants"),
    };
  }

  /** The rows that the file has to hold, by what was there and what was written since. */
  countExpected(): Record<RecordKind, number> {
    const { inserted } = this.writer;
    const before = this.#rowsBefore;
    return {
      resourceTypes: before.resourceTypes + inserted.resourceTypes,
      resources: before.resources + inserted.resources,
      entitlements: before.entitlements + inserted.entitlements,
      grants: before.grants + inserted.grants,
    };
  }

  report(): void {
    this.#onProgress?.(this.progress());
  }

  progress(): SyncProgress {
    return {
      phase: this.#phase,
      rows: { ...this.#rows },
      calls: this.#calls,
      elapsedMs: this.ctx.clock.monotonic() - this.#startedAt,
    };
  }

  /** Stores where the sync continues, now. */
  checkpoint(): void {
    this.store.runs.setToken(this.run.id, this.state.serialize());
    this.#checkpointAt = this.ctx.clock.monotonic();
  }

  checkpointIfDue(): void {
    if (this.ctx.clock.monotonic() - this.#checkpointAt >= CHECKPOINT_INTERVAL_MS) this.checkpoint();
  }
}

/**
 * The connector broke the contract, or the stored part of the sync contradicts what it says now. Going on
 * from the stored part would fail in the same way for as long as it can be resumed, so it is thrown away.
 */
export class StartOverError extends BatonError {}

/**
 * The file does not hold what was written into it. Nothing of the run can be trusted then, so it is thrown away.
 *
 * @param sentence which rows, and how many
 */
export function lostRows(sentence: string): StartOverError {
  return new StartOverError(
    Code.DataLoss,
    `${sentence}. This sync is discarded; sync into a new file, and keep this one for the investigation`,
  );
}

/** A response that the contract forbids. */
export function contractViolation(sentence: string): StartOverError {
  return new StartOverError(Code.Internal, `${sentence}; this is a bug in the connector`);
}
