import { expect, it } from "vitest";
import { startCodecovHost } from "../contract/codecov-host.ts";
import { syncDamaged } from "../contract/damaged-answers.ts";

/** Damaged answers to send, in so many hosts at a time. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 1_000);
const LANES = 8;
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);

it(`${RUNS} damaged answers, seed ${SEED}: the right rows or an error, never wrong rows`, async () => {
  const results = await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      await using host = await startCodecovHost({ seed: SEED + lane });
      return await syncDamaged(host, Math.ceil(RUNS / LANES));
    }),
  );
  const sum = (key: "right" | "failed" | "damaged") =>
    results.reduce((total, result) => total + result[key], 0);
  process.stdout.write(`${sum("damaged")} damaged answers: ${sum("right")} right, ${sum("failed")} errors\n`);
  expect(sum("damaged")).toBeGreaterThanOrEqual(RUNS);
});
