import assert from "node:assert/strict";
import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import {
  type Resource,
  type ResourceId,
  ResourcesServiceListResourcesRequest,
  type ResourceType,
} from "#gen/c1/connector/v2/resource.ts";
import { findAnnotations, hasAnnotation, packAnnotation } from "#model/annotations.ts";
import { connectInMemory, type MakeConnector, type TestClient } from "./connect.ts";

/**
 * One page of a listing as a host gets it.
 *
 * @example
 * const last: ListedPage<string> = { list: ["ada", "grace"], nextPageToken: "" };
 */
export interface ListedPage<Row> {
  readonly list: readonly Row[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/**
 * The request for a page.
 *
 * @example
 * const ask = (page: PageCall) => client.listResources({ ...request, ...page }, signal);
 */
export interface PageCall {
  readonly pageToken: string;
  readonly pageSize: number;
}

/**
 * Reads a listing to its end.
 *
 * @param ask reads one page
 * @returns the rows, and how many each page had
 * @throws AssertionError if a page token comes a second time: the listing would never end.
 * @example
 * const { rows } = await drain((page) => client.listResources({ ...request, ...page }, signal), 1);
 */
export async function drain<Row>(
  ask: (page: PageCall) => Promise<ListedPage<Row>>,
  pageSize = 0,
): Promise<{ readonly rows: Row[]; readonly pages: number[] }> {
  const rows: Row[] = [];
  const pages: number[] = [];
  const seen = new Set<string>();
  let pageToken = "";
  do {
    seen.add(pageToken);
    const { list, nextPageToken } = await ask({ pageToken, pageSize });
    pages.push(list.length);
    rows.push(...list);
    pageToken = nextPageToken;
    assert.ok(
      pageToken === "" || !seen.has(pageToken),
      `page ${pages.length} ends with a page token that an earlier page had already: ${pageToken}`,
    );
  } while (pageToken !== "");
  return { rows, pages };
}

/**
 * Everything of a connector, as messages of the contract.
 *
 * @example
 * const { entitlements }: Everything = await new Walk(make).everything();
 */
export interface Everything {
  readonly types: readonly ResourceType[];
  readonly resources: readonly Resource[];
  readonly entitlements: readonly Entitlement[];
  readonly grants: readonly Grant[];
}

/**
 * Reads everything that a connector has, in pages of a chosen size. Each page is read from a connector made for that
 * page: page tokens have to outlive a process.
 *
 * @example
 * const walk = new Walk(make, 1);
 * const resources = await walk.resources();
 * expect(Math.max(...walk.pages)).toBe(1);
 */
export class Walk {
  /** Rows of every page so far. */
  readonly pages: number[] = [];
  readonly #make: MakeConnector;
  readonly #pageSize: number;
  readonly #signal = new AbortController().signal;

  /** @param pageSize 0 leaves it to the connector */
  constructor(make: MakeConnector, pageSize = 0) {
    this.#make = make;
    this.#pageSize = pageSize;
  }

  async everything(): Promise<Everything> {
    const [types, resources] = [await this.types(), await this.resources()];
    const entitlements: Entitlement[] = [];
    for (const resource of resources) entitlements.push(...(await this.entitlements(resource)));
    return { types, resources, entitlements, grants: await this.grants(types, resources) };
  }

  types(): Promise<ResourceType[]> {
    return this.#drain((client, page) =>
      client.listResourceTypes(
        { ...page, parent: undefined, annotations: [], activeSyncId: "" },
        this.#signal,
      ),
    );
  }

  /** All resources, children below their parents included. */
  async resources(): Promise<Resource[]> {
    const all: Resource[] = [];
    for (const { id } of await this.types()) all.push(...(await this.#list(id, undefined)));
    // Children join the list while it is walked, and so their own children are found as well.
    for (const parent of all) {
      for (const { resourceTypeId } of findAnnotations(parent.annotations, "ChildResourceType")) {
        all.push(...(await this.#list(resourceTypeId, parent.id)));
      }
    }
    return all;
  }

  entitlements(resource: Resource): Promise<Entitlement[]> {
    return this.#drain((client, page) =>
      client.listEntitlements({ ...page, resource, annotations: [], activeSyncId: "" }, this.#signal),
    );
  }

  /** The grants on these resources; of a type that lists them for the whole type, all of that type. */
  async grants(types: readonly ResourceType[], resources: readonly Resource[]): Promise<Grant[]> {
    const all: Grant[] = [];
    for (const type of types) {
      const ofType = resources.filter(({ id }) => id?.resourceType === type.id);
      const isScoped = hasAnnotation(type.annotations, "TypeScopedGrants");
      const annotations = isScoped ? [packAnnotation("TypeScopedGrants")] : [];
      for (const resource of isScoped ? ofType.slice(0, 1) : ofType) {
        const listed = await this.#drain((client, page) =>
          client.listGrants({ ...page, resource, annotations, activeSyncId: "" }, this.#signal),
        );
        all.push(...listed);
      }
    }
    return all;
  }

  async #list(resourceTypeId: string, parentResourceId: ResourceId | undefined): Promise<Resource[]> {
    const request = ResourcesServiceListResourcesRequest.fromPartial({
      resourceTypeId,
      ...(parentResourceId && { parentResourceId }),
    });
    return await this.#drain((client, page) => client.listResources({ ...request, ...page }, this.#signal));
  }

  async #drain<Row>(ask: (client: TestClient, page: PageCall) => Promise<ListedPage<Row>>): Promise<Row[]> {
    const { rows, pages } = await drain(async (page) => {
      await using connection = await connectInMemory(this.#make);
      return await ask(connection.client, page);
    }, this.#pageSize);
    this.pages.push(...pages);
    return rows;
  }
}
