import { doubling, repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { raceAbort } from "#kernel/waiting.ts";
import type { LaunchedConnector } from "#launch/launch.ts";

/** What of a connector process matters here. */
export type Supervised = Pick<LaunchedConnector, "gone" | "close">;

export type Launch<Connector> = (signal: AbortSignal) => Promise<Connector>;

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** A connector that lived that long ended for a new reason. */
const STABLE_MS = 60_000;

/** Keeps a connector process running: one that ends is started again, later each time. */
export class ConnectorSupervisor<Connector extends Supervised = LaunchedConnector> {
  readonly #launch: Launch<Connector>;
  readonly #ctx: Omit<CallContext, "signal">;
  readonly #closing = new AbortController();
  #current: Promise<Connector> | undefined;
  #running: Connector | undefined;
  /** Ends and failed starts since a process last lived for long. */
  #failures = 0;

  constructor(launch: Launch<Connector>, ctx: Omit<CallContext, "signal">) {
    this.#launch = launch;
    this.#ctx = ctx;
  }

  /** The connector, if it runs right now. */
  get running(): Connector | undefined {
    return this.#running;
  }

  /**
   * Starts the connector for the first time.
   *
   * @throws BatonError if it does not start: what is wrong with the settings should end the program.
   */
  async start(signal: AbortSignal): Promise<void> {
    const starting = this.#startOnce(signal);
    this.#current = starting;
    await starting;
  }

  /** The running connector; waits while it is being started again. */
  async acquire(signal: AbortSignal): Promise<Connector> {
    if (this.#current === undefined) throw new BatonError(Code.Internal, "the connector was never started");
    return await raceAbort(this.#current, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(new BatonError(Code.Canceled, "the program is shutting down"));
    await this.#running?.close();
  }

  async #startOnce(signal: AbortSignal): Promise<Connector> {
    const { clock } = this.#ctx;
    const connector = await this.#launch(AbortSignal.any([signal, this.#closing.signal]));
    const startedAt = clock.monotonic();
    this.#running = connector;
    void connector.gone.then((reason) => {
      this.#running = undefined;
      if (this.#closing.signal.aborted) return;
      if (clock.monotonic() - startedAt >= STABLE_MS) this.#failures = 0;
      this.#current = this.#startAgain(reason);
      // Nobody may be waiting for it.
      this.#current.catch(() => undefined);
    });
    return connector;
  }

  async #startAgain(reason: BatonError): Promise<Connector> {
    const { signal } = this.#closing;
    const pause = (error: BatonError, attempt: number): number => {
      signal.throwIfAborted();
      if (attempt > 1) this.#ctx.log.error("the connector process could not be started", { error });
      this.#failures += 1;
      return doubling(this.#failures, FIRST_WAIT_MS, LONGEST_WAIT_MS);
    };
    return await repeat(
      { what: "starting the connector process", layer: "connector", pause },
      { ...this.#ctx, signal },
      async (attempt) => {
        // That of the process before this one is the first failure.
        if (attempt === 1) throw reason;
        return await this.#startOnce(signal);
      },
    );
  }
}
