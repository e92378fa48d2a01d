import type { CountedResource, SummaryCount } from "#runtime/connector.ts";
import type { SyncClient } from "#sync/client.ts";

/** Counts resources for the summary of a sync. */
export class Tally {
  readonly #counts: readonly SummaryCount[];
  readonly #matches: number[];
  #resources = 0;

  constructor(counts: readonly SummaryCount[]) {
    this.#counts = counts;
    this.#matches = counts.map(() => 0);
  }

  /** How many resources were counted. */
  get resources(): number {
    return this.#resources;
  }

  /** The number of matching resources by label. */
  results(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts.map(({ label }, index) => [label, this.#matches[index] ?? 0]));
  }

  add(resource: CountedResource): void {
    this.#resources += 1;
    for (const [index, { matches }] of this.#counts.entries()) {
      if (matches(resource)) this.#matches[index] = (this.#matches[index] ?? 0) + 1;
    }
  }

  /** The same client, whose listed resources are counted on the way. */
  watch(client: SyncClient): SyncClient {
    return {
      ...client,
      listResources: async (request, signal) => {
        const response = await client.listResources(request, signal);
        for (const resource of response.list) this.add(resource);
        return response;
      },
    };
  }
}
