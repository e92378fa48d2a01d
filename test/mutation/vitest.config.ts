import { defineConfig } from "vitest/config";

const folder = process.env["MUTATE"] ?? "codecov";
const tests = process.env["MUTATE_TESTS"] ?? "*.test.ts";

// The unit tests of one folder. Property tests make fewer runs, as they are repeated for each mutant.
export default defineConfig({
  test: {
    include: [`test/unit/${folder}/**/${tests}`],
    environment: "node",
    pool: "forks",
    testTimeout: 120_000,
    env: { FAST_CHECK_RUNS: "25" },
  },
});
