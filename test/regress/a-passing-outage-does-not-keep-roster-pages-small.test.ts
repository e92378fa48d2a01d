import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { type Fault, htmlErrorPage } from "../fakes/codecov/faults.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";

/** Syncs 25,000 members; of the requests for large pages the third and the `times - 1` after it fail with `fault`. */
async function sync(fault: Fault | undefined, times: number) {
  await using simulator = await startCodecovSimulator({ generated: { members: 25_000 } });
  const cwd = await mkdtemp(join(tmpdir(), "baton-outage-"));
  if (fault !== undefined) simulator.faults.add({ path: "/users/\\?page=\\d+&", skip: 2, times, fault });
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const { code } = await runProgram(["--log-level=error", "--sync-resource-types=user"], { cwd, env });
  await rm(cwd, { recursive: true });
  expect(code).toBe(0);
  const sizes = simulator.requests.map(({ path }) => Number(/page_size=(\d+)$/.exec(path)?.[1] ?? 0));
  return { requests: sizes.length, sizes };
}

/** Requests of a sync that nothing goes wrong with. */
let undisturbed: number;

const plain500: Fault = { kind: "answer", status: 500, headers: {}, text: "", processed: false };

beforeAll(async () => {
  undisturbed = (await sync(undefined, 0)).requests;
}, 120_000);

test.each([
  ["a server error", plain500],
  ["a gateway that gives up", htmlErrorPage(502)],
])(
  "a sync that meets %s for a while takes at most twice the requests",
  async (_, fault) => {
    const disturbed = await sync(fault, 4);
    expect(disturbed.requests).toBeLessThanOrEqual(2 * undisturbed);
    expect(Math.max(...disturbed.sizes.slice(-4))).toBeGreaterThan(5_000);
    // Only a gateway's failure can have come from the size of the page.
    const small = disturbed.sizes.filter((size) => size > 1 && size < 1_000);
    expect(small.length > 0).toBe(fault !== plain500);
  },
  120_000,
);
