import { expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { setUp } from "./support.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 300);

const MEANINGLESS: ReadonlySet<number> = new Set([Code.Unknown, Code.Internal, Code.NotFound]);

it.each([
  ["one", 1],
  ["every", null],
])("a listing in which %s answer is damaged is right or an error, never wrong", async (_, times) => {
  const { simulator, listUsers, clock } = await setUp({ seed: 7 });
  const right = JSON.stringify(await listUsers());
  let errors = 0;
  for (let run = 0; run < RUNS; run += 1) {
    simulator.faults.clear();
    simulator.faults.add({ path: "/users/", times, fault: { kind: "fuzz" } });
    try {
      // Not compared by the matcher, whose difference of two long texts would fill the screen.
      expect(JSON.stringify(await listUsers()) === right, `run ${run}`).toBe(true);
    } catch (error) {
      if (!(error instanceof BatonError)) throw error;
      expect(MEANINGLESS.has(error.code), error.message).toBe(false);
      errors += 1;
    }
    // Whatever pause an answer has asked for is over.
    clock.advance(3_600_000);
  }
  expect(errors).toBeGreaterThan(0);
});
