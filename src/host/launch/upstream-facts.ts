import { parseUpstreamSource, type UpstreamSource } from "#kernel/upstream-source.ts";
import { REQUESTS_TRAILER, SOURCE_TRAILER } from "#wire/names.ts";

/** What the connector on a connection has told of its upstream, beside its answers. */
export class UpstreamFacts {
  #requests: number | undefined;
  #source: { readonly text: string; readonly parsed: UpstreamSource | undefined } | undefined;

  /** Requests sent since the connector's start. */
  get requests(): number | undefined {
    return this.#requests;
  }

  get source(): UpstreamSource | undefined {
    return this.#source?.parsed;
  }

  /** @param find a trailer of an answer by its name */
  note(find: (name: string) => string | undefined): void {
    const requests = find(REQUESTS_TRAILER);
    if (requests !== undefined) this.#requests = Number(requests);
    const text = find(SOURCE_TRAILER);
    if (text === undefined || text === this.#source?.text) return;
    this.#source = { text, parsed: parseUpstreamSource(text) };
  }
}
