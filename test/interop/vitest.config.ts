import { defineConfig } from "vitest/config";

// The real Go host and the vendor's command line tool. Everything runs in real processes; two at a time suit a
// two-core machine.
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    globalSetup: ["test/interop/setup.ts"],
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
