import { defineConfig } from "vitest/config";

// Long random runs, one process after the other; `npm run test:fuzz` says how long with RUNS and SEED.
export default defineConfig({
  test: {
    include: ["test/fuzz/**/*.test.ts"],
    globalSetup: ["test/programs.ts"],
    environment: "node",
    pool: "forks",
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 30_000,
  },
});
