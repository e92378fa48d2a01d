import type { IncomingHttpHeaders } from "node:http";

/** One request to the simulated server. */
export interface LoggedRequest {
  readonly method: string;
  /** With the query, as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Epoch milliseconds of arrival. */
  readonly at: number;
  /** Undefined until answered, and for ever if the connection ended first. */
  status: number | undefined;
  /** Length of the body of the answer. */
  bytes: number;
}

export interface RequestCounters {
  readonly requests: number;
  readonly byMethod: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Length of all bodies. */
  readonly bytesSent: number;
  /** The most requests that were under way at one time. */
  readonly maxInFlight: number;
  /** The most PATCH requests that were under way at one time. */
  readonly maxInFlightPatches: number;
}

/** What was asked of the simulated server. Requests to its control address are not recorded. */
export class RequestLog {
  readonly #entries: LoggedRequest[] = [];
  readonly #inFlight = new Set<LoggedRequest>();
  #maxInFlight = 0;
  #maxInFlightPatches = 0;

  /** In order of arrival. */
  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  get counters(): RequestCounters {
    return {
      requests: this.#entries.length,
      byMethod: countBy(this.#entries, ({ method }) => method),
      byStatus: countBy(this.#entries, ({ status }) => String(status ?? "unanswered")),
      bytesSent: this.#entries.reduce((total, { bytes }) => total + bytes, 0),
      maxInFlight: this.#maxInFlight,
      maxInFlightPatches: this.#maxInFlightPatches,
    };
  }

  clear(): void {
    this.#entries.length = 0;
    this.#maxInFlight = 0;
    this.#maxInFlightPatches = 0;
  }

  begin(method: string, path: string, headers: IncomingHttpHeaders, at: number): LoggedRequest {
    const entry: LoggedRequest = { method, path, headers, at, status: undefined, bytes: 0 };
    this.#entries.push(entry);
    this.#inFlight.add(entry);
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight.size);
    const patches = [...this.#inFlight].filter((other) => other.method === "PATCH").length;
    this.#maxInFlightPatches = Math.max(this.#maxInFlightPatches, patches);
    return entry;
  }

  end(entry: LoggedRequest): void {
    this.#inFlight.delete(entry);
  }
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
