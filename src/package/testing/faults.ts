import assert from "node:assert/strict";
import { BatonError } from "#kernel/errors.ts";
import type { MakeConnector } from "./connect.ts";
import { startTestHost } from "./host.ts";
import type { FakeUpstream, Fault } from "./upstream.ts";

/**
 * Which faults {@link checkFaults} tries, and where.
 *
 * @example
 * await checkFaults(make, upstream, { faults: [503, "truncated"], places: 3 });
 */
export interface FaultCheckOptions {
  /** What goes wrong; {@link FAULTS} by default. */
  readonly faults?: readonly Fault[];
  /** At how many places of a sync each fault is tried; 10 by default, spread over all its requests. */
  readonly places?: number;
}

/**
 * Faults that real upstreams have.
 *
 * @example
 * await checkFaults(make, upstream, { faults: [...FAULTS, 409] });
 */
export const FAULTS: readonly Fault[] = [
  500,
  503,
  429,
  403,
  404,
  "reset",
  "truncated",
  "html",
  "empty-object",
];

/**
 * Makes one request of a sync fail, each time a different one in a different way. Such a sync has to fail, or to retry
 * and store what an undisturbed sync stores. A sync that succeeds with fewer rows would be taken for the truth: people
 * would lose access, or keep it, although nobody decided that.
 *
 * @param make makes the connector, with `upstream` as its upstream
 * @throws AssertionError that names the fault and the request
 * @example
 * await checkFaults(makerOf(acme, { token: "secret", baseUrl: upstream.url }), upstream);
 */
export async function checkFaults(
  make: MakeConnector,
  upstream: FakeUpstream,
  { faults = FAULTS, places = 10 }: FaultCheckOptions = {},
): Promise<void> {
  upstream.reset();
  const undisturbed = await sync(make);
  const requests = upstream.requests.map(({ method, path }) => `${method} ${path}`);
  assert.ok(requests.length > 0, "the sync sent no request to the fake upstream");
  const step = Math.max(1, requests.length / places);
  for (const fault of faults) {
    for (let place = 0; place < requests.length; place += step) {
      const after = Math.floor(place);
      upstream.reset();
      upstream.fail(fault, { after });
      const stored = await sync(make).catch(passFailure);
      if (stored === undefined) continue;
      assert.deepEqual(
        stored,
        undisturbed,
        `the sync succeeded although request ${after + 1} (${requests[after]}) met the fault ${fault}, and stored other rows than an undisturbed one`,
      );
    }
  }
  upstream.reset();
}

async function sync(make: MakeConnector): Promise<Readonly<Record<string, string>>> {
  await using host = await startTestHost(make);
  return (await host.sync()).encoded;
}

/** A sync may fail, but with an error that somebody can act on. */
function passFailure(error: unknown): undefined {
  if (error instanceof BatonError) return undefined;
  throw error;
}
