import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import type { Clock } from "#kernel/clock.ts";
import { Code } from "#kernel/errors.ts";

export interface CallGateOptions {
  /** How many calls are served at a time, over all connections. */
  readonly places: number;
  readonly clock: Clock;
  /** Whether the calls of a method keep their place until they end; those of others only until their request is there. */
  readonly keepsPlace: (path: string) => boolean;
  /** Bytes that were sent to a caller so far, on the whole connection. */
  readonly sentTo: (peer: string) => number;
  /** Closes the connection of a caller that does not read. */
  readonly disconnect: (peer: string) => void;
}

/** Calls that wait for a place; more are refused at once. */
const MAX_WAITING = 1024;

/** How long a call waits for a place. */
const WAIT_MS = 60_000;

/** While others wait: how long a request may be on its way. */
const REQUEST_MS = 1_000;

/** And how long somebody whose response is ready may go without reading this much, of whatever is sent to them. */
const UNREAD_MS = 10_000;
const READ_BYTES = 256 * 1024;

/** How often that is looked at. */
const LOOK_MS = 500;

/**
 * Bounds how many calls are served at a time over all connections, and with that the memory that callers can make this
 * process use: what a request, its handling and its unread answer take is bounded for each call elsewhere. Further
 * calls wait without being read.
 */
export function limitCalls(options: CallGateOptions): ServerInterceptor {
  const gate = new CallGate(options);
  return ({ path }, call) => {
    const entry = new GateEntry(call);
    const release = () => gate.leave(entry);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => gate.enter(entry, () => pass(metadata)),
          onReceiveMessage: (message, pass) => {
            entry.moveTo("handled", options.clock);
            if (!options.keepsPlace(path)) release();
            pass(message);
          },
          // Also after a response has been read to its end.
          onCancel: release,
        }),
      // The status follows when the message has been read.
      sendMessage: (message, next) => {
        entry.moveTo("answered", options.clock);
        next(message);
      },
    });
  };
}

type Phase = "arriving" | "handled" | "answered";

/** A call that has a place or waits for one. */
class GateEntry {
  readonly peer: string;
  readonly #call: ServerInterceptingCallInterface;
  phase: Phase = "arriving";
  /** When the phase began, on the monotonic clock. */
  since = 0;
  /** How much had been sent to the caller then. */
  sent = 0;
  /** Lets the call in. */
  admit: () => void = () => undefined;
  /** Ends the waiting. */
  readonly admitted = new AbortController();

  constructor(call: ServerInterceptingCallInterface) {
    this.#call = call;
    this.peer = call.getPeer();
  }

  moveTo(phase: Phase, clock: Clock): void {
    this.phase = phase;
    this.since = clock.monotonic();
  }

  refuse(details: string): void {
    this.#call.sendStatus({ code: Code.ResourceExhausted, details });
  }
}

class CallGate {
  readonly #options: CallGateOptions;
  /** In the order in which they got their places. */
  readonly #inside = new Set<GateEntry>();
  /** In the order of arrival. */
  readonly #waiting = new Set<GateEntry>();
  #isWatching = false;

  constructor(options: CallGateOptions) {
    this.#options = options;
  }

  enter(entry: GateEntry, admit: () => void): void {
    const { places, clock } = this.#options;
    entry.admit = admit;
    if (this.#inside.size < places) {
      this.#letIn(entry);
      return;
    }
    if (this.#waiting.size >= MAX_WAITING) {
      entry.refuse("too many calls are waiting already; try again later");
      return;
    }
    this.#waiting.add(entry);
    clock.sleep(WAIT_MS, entry.admitted.signal).then(
      () => {
        if (!this.#waiting.delete(entry)) return;
        entry.refuse(`all ${places} places for calls were in use for ${WAIT_MS / 1000} s; try again later`);
      },
      () => undefined,
    );
    void this.#watch();
  }

  leave(entry: GateEntry): void {
    entry.admitted.abort();
    this.#waiting.delete(entry);
    if (!this.#inside.delete(entry)) return;
    const next = this.#chooseNext();
    if (next !== undefined) this.#letIn(next);
  }

  #letIn(entry: GateEntry): void {
    this.#waiting.delete(entry);
    this.#inside.add(entry);
    entry.admitted.abort();
    entry.moveTo("arriving", this.#options.clock);
    entry.admit();
  }

  /** The call that has waited longest among those whose connection has the fewest places. */
  #chooseNext(): GateEntry | undefined {
    const held = new Map<string, number>();
    for (const { peer } of this.#inside) held.set(peer, (held.get(peer) ?? 0) + 1);
    let [next] = this.#waiting;
    for (const entry of this.#waiting) {
      if ((held.get(entry.peer) ?? 0) < (held.get(next?.peer ?? "") ?? 0)) next = entry;
    }
    return next;
  }

  /** As long as calls wait, those that make them wait without need lose their places. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, sentTo, disconnect } = this.#options;
    while (this.#waiting.size > 0) {
      await clock.sleep(LOOK_MS);
      const now = clock.monotonic();
      for (const entry of this.#inside) {
        const age = now - entry.since;
        if (entry.phase === "arriving" && age > REQUEST_MS) {
          entry.refuse("the request did not arrive while others were waiting; try again");
        } else if (entry.phase === "answered") {
          const sent = sentTo(entry.peer);
          if (sent - entry.sent >= READ_BYTES) {
            entry.sent = sent;
            entry.since = now;
          } else if (age > UNREAD_MS) {
            disconnect(entry.peer);
          }
        }
      }
    }
    this.#isWatching = false;
  }
}
