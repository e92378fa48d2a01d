import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import type { EncodedResource } from "#model/encoded-rows.ts";
import type { SummaryCount } from "#runtime/connector.ts";
import type { SyncClient } from "#sync/sync-client.ts";

/** Counts resources for the summary of a sync. */
export class RowCounters {
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

  add(resource: Resource | EncodedResource): void {
    this.#resources += 1;
    for (let index = 0; index < this.#counts.length; index += 1) {
      const count = this.#counts[index];
      if (count !== undefined && isCounted(resource, count))
        this.#matches[index] = (this.#matches[index] ?? 0) + 1;
    }
  }

  /** The same client, whose listed resources are counted on the way. */
  watch(client: SyncClient): SyncClient {
    return {
      ...client,
      listResources: async (request, signal) => {
        const response = await client.listResources(request, signal);
        return { ...response, list: this.countEach(response.list) };
      },
    };
  }

  /** The same rows, counted while they are gone through. */
  *countEach<Row extends Resource | EncodedResource>(list: Iterable<Row>): Generator<Row, void> {
    for (const resource of list) {
      this.add(resource);
      yield resource;
    }
  }
}

function isCounted(
  resource: Resource | EncodedResource,
  { resourceType, profileFlag }: SummaryCount,
): boolean {
  if (resource.id?.resourceType !== resourceType) return false;
  if (profileFlag === undefined) return true;
  return "hasProfileFlag" in resource
    ? resource.hasProfileFlag(profileFlag)
    : resource.profile?.[profileFlag] === true;
}
