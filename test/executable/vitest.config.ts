import { defineConfig } from "vitest/config";

// One process at a time: the cases share one simulated Codecov.
export default defineConfig({
  test: {
    include: ["test/executable/**/*.test.ts"],
    globalSetup: ["test/programs.ts"],
    environment: "node",
    pool: "forks",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
