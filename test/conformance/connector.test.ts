import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codecov } from "#codecov/index.ts";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import {
  type Entitlement,
  EntitlementsServiceService as Entitlements,
  EntitlementsServiceListEntitlementsRequest,
} from "#gen/c1/connector/v2/entitlement.ts";
import {
  type Grant,
  GrantsServiceService as Grants,
  GrantsServiceListGrantsRequest,
} from "#gen/c1/connector/v2/grant.ts";
import {
  type Resource,
  type ResourceId,
  ResourcesServiceService as Resources,
  ResourcesServiceListResourcesRequest,
  type ResourceType,
  ResourceTypesServiceListResourceTypesRequest,
  ResourceTypesServiceService as Types,
} from "#gen/c1/connector/v2/resource.ts";
import { Secret } from "#kernel/secret.ts";
import { findAnnotations, hasAnnotation, packAnnotation } from "#model/annotations.ts";
import type { Connector } from "#runtime/connector.ts";
import { rosterFile } from "../../examples/roster-file/connector.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import type { TestClient } from "../fakes/grpc-client.ts";
import { ToyConnector } from "../fakes/toy-connector.ts";
import { serveInProcess, type ToyService } from "../fakes/toy-service.ts";

/** What every connector owes its hosts, whatever it connects to. A new connector joins the list below. */

const SETTINGS = { provisioning: false, httpTimeoutMs: 10_000 };
const ROSTER = fileURLToPath(new URL("../../examples/roster-file/roster.json", import.meta.url));
const MAX_ROWS = 1000;

let simulator: CodecovSimulator;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
});
afterAll(() => simulator.close());

type MakeConnector = () => Connector | Promise<Connector>;

const connectors: readonly [name: string, make: MakeConnector][] = [
  ["the toy connector", () => new ToyConnector()],
  ["the example connector", () => rosterFile.create({ rosterFile: ROSTER })],
  [
    "the Codecov connector",
    () => {
      const apiToken = new Secret(simulator.tokens["admin-token"] ?? "");
      const config = { ...codecov.exampleConfig, apiToken, owner: "acme", baseUrl: simulator.baseUrl };
      return codecov.create({ ...config, allowHttp: true }, SETTINGS);
    },
  ],
];

interface ListPage<Row> {
  readonly list: Row[];
  readonly nextPageToken: string;
}

/** Follows a listing to its end. Each page is asked of a connector of its own: tokens outlive a process. */
class Walker {
  readonly pages: number[] = [];
  readonly #make: MakeConnector;
  readonly #services: ToyService[] = [];

  constructor(make: MakeConnector) {
    this.#make = make;
  }

  async fresh(): Promise<TestClient> {
    const service = await serveInProcess(await this.#make());
    this.#services.push(service);
    return service.client;
  }

  async drain<Row>(ask: (client: TestClient, pageToken: string) => Promise<ListPage<Row>>): Promise<Row[]> {
    const rows: Row[] = [];
    const seen = new Set<string>();
    let token = "";
    do {
      seen.add(token);
      const page = await ask(await this.fresh(), token);
      this.pages.push(page.list.length);
      rows.push(...page.list);
      token = page.nextPageToken;
      expect(seen).not.toContain(token === "" ? undefined : token);
    } while (token !== "");
    return rows;
  }

  types(): Promise<ResourceType[]> {
    const request = ResourceTypesServiceListResourceTypesRequest.fromPartial({});
    return this.drain((client) => client.ask(Types.listResourceTypes, request));
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
    return this.drain((client, pageToken) => {
      const request = EntitlementsServiceListEntitlementsRequest.fromPartial({ resource, pageToken });
      return client.ask(Entitlements.listEntitlements, request);
    });
  }

  /** The grants of a resource, or of a whole type that offers them so. */
  grants(
    resource: Resource,
    annotations: GrantsServiceListGrantsRequest["annotations"] = [],
  ): Promise<Grant[]> {
    return this.drain((client, pageToken) => {
      const request = GrantsServiceListGrantsRequest.fromPartial({ resource, pageToken, annotations });
      return client.ask(Grants.listGrants, request);
    });
  }

  async close(): Promise<void> {
    for (const service of this.#services.splice(0)) await service.close();
  }

  #list(resourceTypeId: string, parentResourceId: ResourceId | undefined): Promise<Resource[]> {
    return this.drain((client, pageToken) => {
      const request = { resourceTypeId, pageToken, ...(parentResourceId && { parentResourceId }) };
      return client.ask(Resources.listResources, ResourcesServiceListResourcesRequest.fromPartial(request));
    });
  }
}

function keyOf(id: ResourceId | undefined): string {
  return `${id?.resourceType ?? ""}/${id?.resource ?? ""}`;
}

describe.each(connectors)("%s", (_name, make) => {
  let walker: Walker;

  beforeEach(() => {
    walker = new Walker(make);
  });
  afterEach(() => walker.close());

  test("accepts its credentials and describes itself", async () => {
    const client = await walker.fresh();
    await client.ask(ConnectorService.validate, {});
    const { metadata } = await client.ask(ConnectorService.getMetadata, {});
    expect(metadata?.displayName).not.toBe("");
    const described = metadata?.capabilities?.resourceTypeCapabilities.map((type) => type.resourceType?.id);
    expect(described).toEqual((await walker.types()).map((type) => type.id));
  });

  test("lists every resource once, in pages of at most 1,000 rows that a new process can continue", async () => {
    const resources = await walker.resources();
    const keys = resources.map((resource) => keyOf(resource.id));
    expect(keys.length).toBeGreaterThan(0);
    expect(new Set(keys).size).toBe(keys.length);
    expect(Math.max(...walker.pages)).toBeLessThanOrEqual(MAX_ROWS);
    for (const { displayName } of resources) expect(displayName).not.toBe("");
  });

  test("gives the same answer twice", async () => {
    expect(await walker.resources()).toEqual(await walker.resources());
  });

  test("forms entitlement ids from resource and slug, on the resource that was asked for", async () => {
    for (const resource of await walker.resources()) {
      for (const { id, slug, resource: on } of await walker.entitlements(resource)) {
        expect(keyOf(on?.id)).toBe(keyOf(resource.id));
        expect(id).toBe(`${resource.id?.resourceType}:${resource.id?.resource}:${slug}`);
      }
    }
  });

  test("grants nothing to or on a resource that it does not list", async () => {
    const resources = await walker.resources();
    const known = new Set(resources.map((resource) => keyOf(resource.id)));
    const grants: Grant[] = [];
    for (const type of await walker.types()) {
      const ofType = resources.filter((resource) => resource.id?.resourceType === type.id);
      if (hasAnnotation(type.annotations, "TypeScopedGrants")) {
        const [stub] = ofType;
        if (stub !== undefined)
          grants.push(...(await walker.grants(stub, [packAnnotation("TypeScopedGrants")])));
      } else {
        for (const resource of ofType) grants.push(...(await walker.grants(resource)));
      }
    }
    for (const { entitlement, principal } of grants) {
      expect(known).toContain(keyOf(entitlement?.resource?.id));
      expect(known).toContain(keyOf(principal?.id));
    }
  });
});
