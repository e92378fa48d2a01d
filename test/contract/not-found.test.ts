import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { type CodecovHost, ROSTER_PAGE, startCodecovHost } from "./codecov-host.ts";

/** More than one window, so that there is a middle of the walk. */
const MEMBERS = 10_500;

/** Every kind of 404 that Codecov 26.7.6 gives, and those of a proxy. */
const KINDS: readonly (readonly [string, string])[] = [
  ["an unknown owner, or one that the token may not see", '{"detail":"No Owner matches the given query."}'],
  ["an unknown service", '{"detail":"Invalid service for Owner."}'],
  ["a service that is not configured", '{"detail":"Service not found: github"}'],
  ["a name with a dot", '{"detail":"Not found."}'],
  ["an unknown route", '{"error": "Page Not Found (404)"}'],
  ["a page beyond the end", '{"detail":"Invalid page."}'],
  ["a web server", "<!doctype html><title>404 Not Found</title>"],
  ["nobody", ""],
];

let host: CodecovHost;
beforeAll(async () => {
  host = await startCodecovHost({ generated: { members: MEMBERS } });
});
afterAll(() => host[Symbol.asyncDispose]());
beforeEach(() => host.simulator.faults.clear());

function answerNotFound(
  text: string,
  when: { readonly skip?: number; readonly times?: number | null },
): void {
  host.simulator.faults.add({ path: ROSTER_PAGE, ...when, fault: { kind: "answer", status: 404, text } });
}

async function failure(): Promise<BatonError> {
  const thrown: unknown = await host.sync().then(
    ({ users }) => new Error(`it ended well with ${users.length} users`),
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof BatonError)) throw thrown;
  return thrown;
}

/** How many pages of the roster the users take; as many follow for the grants. */
const PAGES = 2;

it("a sync reads the roster once for users and once for grants", async () => {
  host.simulator.clearRequests();
  await host.sync();
  const pages = host.simulator.requests.filter(({ path }) => new RegExp(ROSTER_PAGE).test(path));
  expect(pages).toHaveLength(2 * PAGES);
});

// A host takes NotFound of a listing for a warning and ends well, with people missing.
describe.each([
  ["at the first page of the roster", 0],
  ["in the middle of the walk", 1],
  ["when the grants are read", PAGES],
  ["in the middle of the grants", PAGES + 1],
])("a 404 %s", (_, skip) => {
  it.each(KINDS)("as for %s ends the sync with an error other than NotFound", async (_kind, text) => {
    answerNotFound(text, { skip, times: null });
    const { code, message } = await failure();
    expect([Code.FailedPrecondition, Code.Unavailable, Code.Aborted]).toContain(code);
    expect(message).toMatch(/404|first page of the member list|list is changing/);
  });
});

it("a roster that ends earlier than expected is read again from an earlier place, to the last member", async () => {
  answerNotFound('{"detail":"Invalid page."}', { skip: 1, times: 1 });
  const { users, grants } = await host.sync();
  expect(users).toHaveLength(MEMBERS);
  expect(grants.filter((id) => id.startsWith("org:acme:member:"))).toHaveLength(MEMBERS);
});

/** A sync for each request of one, on a machine that does other things as well. */
const MANY_SYNCS_MS = 120_000;

it("a 404 to any one request of a sync ends it with an error, or leaves out nobody", {
  timeout: MANY_SYNCS_MS,
}, async () => {
  host.simulator.clearRequests();
  const whole = await host.sync();
  const paths = new Set(host.simulator.requests.map(({ path }) => path));
  expect(paths.size).toBeGreaterThan(4);
  for (const path of paths) {
    host.simulator.faults.clear();
    const text = '{"detail":"No Owner matches the given query."}';
    host.simulator.faults.add({
      path: `${path.replaceAll(/[.?+]/g, "\\$&")}$`,
      times: null,
      fault: { kind: "answer", status: 404, text },
    });
    const result = await host.sync().catch((error: unknown) => error);
    if (!(result instanceof BatonError)) expect(result, path).toEqual(whole);
    // Before there are rows to miss, an organization may be unknown.
    else if (!result.message.includes("validate failed")) expect(result.code, path).not.toBe(Code.NotFound);
  }
});
