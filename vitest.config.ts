import { defineConfig } from "vitest/config";

// Real sockets, child processes and files: two workers suit a two-core machine, and a test that hangs
// fails by itself instead of holding up the run.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      "test/interop/**",
      "test/soak/**",
      "test/fuzz/**",
      "test/hostile/**",
      "test/bench/**",
      "test/executable/executable.test.ts",
    ],
    globalSetup: ["test/programs.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
