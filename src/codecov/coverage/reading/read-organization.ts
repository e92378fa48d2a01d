import type { CodecovCall } from "#codecov/api/api.ts";
import type { KnownRepository, Ledger, Reading } from "#codecov/coverage/model/ledger.ts";
import { isPlaceholderName, type ListedRepository } from "#codecov/coverage/model/repository.ts";
import { isPassing } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { readDetails } from "./details.ts";
import { firstDay, isDue, trendFrom } from "./due.ts";
import { inParallel } from "./in-parallel.ts";
import { toListedRepository, toNameless, toUnreadable } from "./listed-repository.ts";
import { describeHeld, judgeMissing, judgeUnmeasured } from "./missing-repositories.ts";
import { CONCURRENCY, readRepositoryList } from "./repository-list.ts";
import { readSeat, type SeatAnswer } from "./seat.ts";

/** Longest time that the requests of one reading spend waiting for a busy Codecov, all together. */
const MAX_WAIT_MS = 10 * 60_000;

/** The API of an organization. */
export interface CoverageSource {
  /** Requests sent since it was opened. */
  readonly requestCount: number;
  /** See `ApiAccess`. */
  forCall(ctx: CallContext, maxWaitMs?: number): CodecovCall | Promise<CodecovCall>;
}

/** Which repositories are asked one by one, for trend, commits and open pull requests. */
export type DetailsScope =
  /** None: the list alone is read. */
  | "none"
  | "public"
  /** All if the token's owner holds a seat, else public ones. */
  | "seat";

export interface ReadingOptions {
  readonly details: DetailsScope;
  /** Days of the trend that a first reading goes back. */
  readonly days: number;
  /** Accepts that reading below a private repository gives the token's owner a seat. Default false. */
  readonly allowSeat?: boolean;
  /** Accepts that repositories which vanished all at once are gone. Default false. */
  readonly acceptGone?: boolean;
  /** Which repositories are asked one by one; default all. The list is always read whole. */
  readonly selects?: (name: string) => boolean;
  readonly onProgress?: (progress: Progress) => void;
}

/** How far a reading is. */
export interface Progress {
  /** Repositories that the list has; undefined until it is read. */
  readonly repositories: number | undefined;
  /** How many of them are to be asked one by one, and were. */
  readonly due: number;
  readonly done: number;
  readonly failed: number;
  /** Requests sent by this reading. */
  readonly requests: number;
}

/** A reading, and whether it is to end well. */
export interface ReadingOutcome extends Reading {
  /** Why values of repositories that vanished at once were kept, as a sentence; undefined if none were. */
  readonly held: string | undefined;
  /** The first failure that can pass, if there was one: the other repositories are read. */
  readonly failure: BatonError | undefined;
}

/**
 * Reads the coverage of an organization into a ledger: the list of repositories, then those one by one that are due. What
 * is read is stored at once, so that a reading which is interrupted is continued by the next one. It never takes a seat
 * unless that is allowed, and never starts a computation.
 *
 * @throws BatonError what reading the list failed with, and the end of `ctx`. A single repository fails nothing: see
 * `failed` for failures that can pass, and `notes` for all others.
 */
export async function readOrganization(
  source: CoverageSource,
  ledger: Ledger,
  options: ReadingOptions,
  ctx: CallContext,
): Promise<ReadingOutcome> {
  const startedAt = ctx.clock.now();
  const requestsBefore = source.requestCount;
  const call = await source.forCall(ctx, MAX_WAIT_MS);
  const run = new Run(call, ledger, options, ctx, () => source.requestCount - requestsBefore);
  await run.read();
  return {
    startedAt,
    endedAt: ctx.clock.now(),
    requests: source.requestCount - requestsBefore,
    failed: [...run.failed].toSorted(),
    notes: run.notes,
    held: run.held,
    failure: run.failure,
  };
}

class Run {
  readonly failed = new Set<string>();
  readonly notes: string[] = [];
  held: string | undefined;
  failure: BatonError | undefined;
  readonly #call: CodecovCall;
  readonly #ledger: Ledger;
  readonly #options: ReadingOptions;
  readonly #ctx: CallContext;
  readonly #requests: () => number;
  readonly #known: ReadonlyMap<string, KnownRepository>;
  readonly #refused: Problem[] = [];
  readonly #unusable: Problem[] = [];
  #readAt = 0;
  #total: number | undefined;
  #due = 0;
  #done = 0;
  #unreadablePulls = 0;

  constructor(
    call: CodecovCall,
    ledger: Ledger,
    options: ReadingOptions,
    ctx: CallContext,
    requests: () => number,
  ) {
    this.#call = call;
    this.#ledger = ledger;
    this.#options = options;
    this.#ctx = ctx;
    this.#requests = requests;
    this.#known = new Map(ledger.known().map((repository) => [repository.name, repository]));
  }

  async read(): Promise<void> {
    this.#progress();
    this.#readAt = this.#ctx.clock.now();
    const rows = await this.#readList();
    this.#total = rows.length;
    this.#progress();
    const from = firstDay(this.#readAt, this.#options.days);
    const due = await this.#chooseDue(rows, from);
    this.#saveList(rows, due.withheld);
    this.#due = due.rows.length;
    this.#progress();
    await inParallel(due.rows, CONCURRENCY, this.#ctx.signal, (row) => this.#readOne(row, from));
    this.#tellProblems();
  }

  /** The rows of the list, with those that Codecov fails on under their names where these are known. */
  async #readList(): Promise<ListedRepository[]> {
    const list = await readRepositoryList(this.#call, this.#ctx);
    const rows = list.rows.map(toListedRepository);
    if (list.unreadable === 0) return rows;
    const shown = new Set(rows.map(({ name }) => name));
    const candidates = [...this.#known.values()].filter(
      ({ name, state }) => !shown.has(name) && state !== "gone" && !isPlaceholderName(name),
    );
    const found = await inParallel(candidates, CONCURRENCY, this.#ctx.signal, async (known) => {
      const response = await this.#call.repositories({ page: 1, pageSize: 1, names: [known.name] });
      return response.kind === "failed" ? [toUnreadable(known)] : [];
    });
    rows.push(...found.flat());
    const nameless = Math.max(0, list.unreadable - found.flat().length);
    for (let ordinal = 1; ordinal <= nameless; ordinal += 1) rows.push(toNameless(ordinal));
    return rows;
  }

  /** Which rows are asked one by one now, and which are not for lack of a seat. */
  async #chooseDue(rows: readonly ListedRepository[], from: string): Promise<Choice> {
    const { details, allowSeat = false, selects = () => true } = this.#options;
    if (details === "none") return { rows: [], withheld: new Set() };
    const wanted = rows.filter(
      (row) => selects(row.name) && row.state !== "unreadable" && row.state !== "not_active",
    );
    const due = wanted.filter((row) => isDue(row, this.#known.get(row.name), from));
    const publicRows = due.filter((row) => !row.private);
    if (details === "public") return { rows: publicRows, withheld: new Set() };
    const dueNames = due.filter((row) => row.private).map(({ name }) => name);
    if (allowSeat || dueNames.length === 0) return { rows: due, withheld: new Set() };
    const seat = await readSeat(this.#call);
    if (seat.isFree) return { rows: due, withheld: new Set() };
    this.#tellNoSeat(seat, dueNames);
    return { rows: publicRows, withheld: new Set(dueNames) };
  }

  #tellNoSeat({ why, failure }: SeatAnswer, names: readonly string[]): void {
    this.notes.push(
      `trend and pull requests of ${count(names.length, "private repository", "private repositories")} are not read, as that could take a seat: ${why}; --codecov-allow-seat accepts that`,
    );
    if (failure === undefined) return;
    this.failure ??= failure;
    for (const name of names) this.failed.add(name);
  }

  #saveList(rows: readonly ListedRepository[], withheld: ReadonlySet<string>): void {
    const known = [...this.#known.values()];
    const shown = new Set(rows.map(({ name }) => name));
    const vanished = judgeMissing(known, shown, this.#readAt, this.#options.acceptGone ?? false);
    this.held = describeHeld(vanished, known);
    if (this.held !== undefined) this.notes.push(this.held);
    const unmeasured = new Set(rows.filter(({ state }) => state !== "measured").map(({ name }) => name));
    const { kept, note } = judgeUnmeasured(known, unmeasured, this.#readAt);
    if (note !== undefined) this.notes.push(note);
    if (rows.length === 0) this.notes.push("the token's owner sees no repository of this organization");
    const nameless = rows.filter(({ name }) => isPlaceholderName(name)).length;
    if (nameless > 0)
      this.notes.push(
        `Codecov fails on ${count(nameless, "row", "rows")} of the list of repositories, whose names cannot be read`,
      );
    this.#ledger.saveList({
      readAt: this.#readAt,
      repositories: rows
        .filter(({ name }) => !kept.has(name))
        .map((row) => (withheld.has(row.name) ? { ...row, details: "no_access" } : row)),
      missing: vanished.missing,
      forgotten: known.map(({ name }) => name).filter((name) => isPlaceholderName(name) && !shown.has(name)),
      notes: this.notes,
    });
  }

  async #readOne(row: ListedRepository, from: string): Promise<void> {
    const { name } = row;
    const readAt = this.#ctx.clock.now();
    try {
      const response = await readDetails(this.#call, {
        row,
        from: trendFrom(row, this.#known.get(name), from),
        listReadAt: this.#readAt,
        openPulls: this.#ledger.openPulls(name),
      });
      if (response.kind === "refused") this.#refused.push({ name, problem: response.reason });
      else {
        this.#unreadablePulls += response.unreadablePulls;
        // In this order: a repository with its details counts as read.
        this.#ledger.saveOpenPulls(name, response.pulls, readAt);
        this.#ledger.saveDetails(response.details, readAt);
      }
    } catch (error) {
      this.#fail(name, error);
    }
    this.#done += 1;
    this.#progress();
  }

  /** One repository must not cost the others. */
  #fail(name: string, error: unknown): void {
    this.#ctx.signal.throwIfAborted();
    const endsAll =
      !(error instanceof BatonError) || error.code === Code.Canceled || error.code === Code.Unauthenticated;
    if (endsAll) throw error;
    this.#ctx.log.warn("could not read a repository", { repository: name, error });
    if (isPassing(error)) {
      this.failure ??= error;
      this.failed.add(name);
    } else this.#unusable.push({ name, problem: error.message });
  }

  #tellProblems(): void {
    this.#tell(this.#refused, "Codecov refuses trend and pull requests of");
    this.#tell(this.#unusable, "Codecov's responses make no sense for");
    if (this.#unreadablePulls > 0)
      this.notes.push(
        `Codecov fails on ${count(this.#unreadablePulls, "open pull request", "open pull requests")}, whose numbers cannot be read`,
      );
  }

  #tell(problems: readonly Problem[], what: string): void {
    const [first] = problems.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (first === undefined) return;
    const others = problems.length - 1;
    const rest = others === 0 ? "" : ` and ${count(others, "other", "others")}`;
    this.notes.push(`${what} ${first.name}${rest}: ${first.problem}`);
  }

  #progress(): void {
    this.#options.onProgress?.({
      repositories: this.#total,
      due: this.#due,
      done: this.#done,
      failed: this.failed.size,
      requests: this.#requests(),
    });
  }
}

interface Choice {
  readonly rows: readonly ListedRepository[];
  /** Names of those that are left out for lack of a seat. */
  readonly withheld: ReadonlySet<string>;
}

interface Problem {
  readonly name: string;
  readonly problem: string;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
