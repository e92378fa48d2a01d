import assert from "node:assert/strict";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { ResourceId } from "#gen/c1/connector/v2/resource.ts";
import { connectInMemory, type MakeConnector } from "./connect.ts";
import { startTestHost } from "./host.ts";
import { Walk } from "./walk.ts";

/** Most rows that a page may have. Hosts refuse larger ones. */
const MAX_ROWS = 1_000;

/** Small enough that most listings of a test's upstream have several pages. */
const TINY_PAGE = 2;

/**
 * How the checks of {@link testConformance} test.
 *
 * @example
 * testConformance(test, make, { tinyPage: 1 });
 */
export interface ConformanceOptions {
  /** Rows of a page where pages are to be tiny, each read by a new process; 2 by default. */
  readonly tinyPage?: number;
}

/**
 * Something that hosts expect of every connector, whatever it connects to.
 *
 * @example
 * test.each(conformanceChecks)("acme $name", (check: ConformanceCheck) => check.run(make));
 */
export interface ConformanceCheck {
  /** The end of a sentence that begins with the connector, for the name of a test. */
  readonly name: string;
  /** @throws AssertionError what does not hold; BatonError what the connector throws */
  run(make: MakeConnector, options?: ConformanceOptions): Promise<void>;
}

/**
 * All checks. {@link testConformance} makes a test from each.
 *
 * @example
 * const slow = conformanceChecks.filter(({ name }) => name.includes("tiny pages"));
 * for (const check of slow) test(check.name, { timeout: 60_000 }, () => check.run(make));
 */
export const conformanceChecks: readonly ConformanceCheck[] = [
  { name: "accepts its credentials and describes itself", run: checkDescription },
  { name: "lists every resource once, in pages that a new process can continue", run: checkResources },
  { name: "gives the same response twice", run: checkRepetition },
  { name: "lists the same rows in tiny pages", run: checkTinyPages },
  { name: "forms entitlement ids from resource and slug, on the resource it was asked for", run: checkIds },
  { name: "grants nothing to or on a resource that it does not list", run: checkGrants },
  { name: "is stored alike by two syncs", run: checkTwoSyncs },
];

/**
 * Makes a test of every check. The framework is yours: `test` takes a name and an async function, as those of Vitest,
 * Jest and `node:test` do.
 *
 * @param make makes a connector with valid settings, whose upstream has something of each kind and does not change
 * @example
 * import { test } from "vitest";
 * testConformance(test, makerOf(acme, { token: "secret", baseUrl: upstream.url }));
 */
export function testConformance(
  test: (name: string, run: () => Promise<void>) => unknown,
  make: MakeConnector,
  options: ConformanceOptions = {},
): void {
  for (const check of conformanceChecks) test(check.name, () => check.run(make, options));
}

async function checkDescription(make: MakeConnector): Promise<void> {
  await using connection = await connectInMemory(make);
  const { signal } = new AbortController();
  await connection.client.validate({}, signal);
  const { metadata } = await connection.client.getMetadata({}, signal);
  assert.ok(metadata !== undefined && metadata.displayName !== "", "the connector has no display name");
  const described = metadata.capabilities?.resourceTypeCapabilities.map((type) => type.resourceType?.id);
  const listed = (await new Walk(make).types()).map(({ id }) => id);
  assert.deepEqual(described, listed, "capabilities and listing do not have the same resource types");
}

async function checkResources(make: MakeConnector): Promise<void> {
  const walk = new Walk(make);
  const resources = await walk.resources();
  assert.ok(resources.length > 0, "the connector lists no resource, so nothing of it was checked");
  const seen = new Set<string>();
  for (const { id, displayName } of resources) {
    const key = keyOf(id);
    assert.ok(!seen.has(key), `${key} is listed twice`);
    seen.add(key);
    assert.notEqual(displayName, "", `${key} has no display name`);
  }
  assert.ok(
    walk.pages.every((rows) => rows <= MAX_ROWS),
    `a page has ${Math.max(...walk.pages)} rows, hosts take ${MAX_ROWS} at most`,
  );
}

async function checkRepetition(make: MakeConnector): Promise<void> {
  assert.deepEqual(await new Walk(make).resources(), await new Walk(make).resources());
}

async function checkTinyPages(
  make: MakeConnector,
  { tinyPage = TINY_PAGE }: ConformanceOptions = {},
): Promise<void> {
  const usual = await new Walk(make).everything();
  const tiny = await new Walk(make, tinyPage).everything();
  const keys = {
    resources: usual.resources.map(({ id }) => keyOf(id)).sort(),
    entitlements: usual.entitlements.map(({ id }) => id).sort(),
    grants: usual.grants.map(describeGrant).sort(),
  };
  assert.deepEqual(
    {
      resources: tiny.resources.map(({ id }) => keyOf(id)).sort(),
      entitlements: tiny.entitlements.map(({ id }) => id).sort(),
      grants: tiny.grants.map(describeGrant).sort(),
    },
    keys,
    `pages of ${tinyPage} rows do not add up to the listing in pages of the usual size`,
  );
}

async function checkIds(make: MakeConnector): Promise<void> {
  const walk = new Walk(make);
  for (const resource of await walk.resources()) {
    for (const { id, slug, resource: on } of await walk.entitlements(resource)) {
      const key = keyOf(resource.id);
      assert.equal(
        keyOf(on?.id),
        key,
        `entitlement ${id} was listed for ${key} and lies on another resource`,
      );
      assert.equal(id, `${resource.id?.resourceType}:${resource.id?.resource}:${slug}`);
    }
  }
}

async function checkGrants(make: MakeConnector): Promise<void> {
  const { resources, grants } = await new Walk(make).everything();
  const known = new Set(resources.map(({ id }) => keyOf(id)));
  for (const { id, entitlement, principal } of grants) {
    for (const key of [keyOf(entitlement?.resource?.id), keyOf(principal?.id)]) {
      assert.ok(known.has(key), `grant ${id} names ${key}, which the connector does not list`);
    }
  }
}

async function checkTwoSyncs(make: MakeConnector): Promise<void> {
  const sync = async () => {
    await using host = await startTestHost(make);
    return (await host.sync()).encoded;
  };
  assert.deepEqual(await sync(), await sync(), "two syncs of an unchanged upstream store different rows");
}

function keyOf(id: ResourceId | undefined): string {
  return `${id?.resourceType ?? ""}/${id?.resource ?? ""}`;
}

function describeGrant({ entitlement, principal }: Grant): string {
  return `${entitlement?.id ?? ""} to ${keyOf(principal?.id)}`;
}
