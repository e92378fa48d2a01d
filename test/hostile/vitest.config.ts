import { defineConfig } from "vitest/config";

// Attacks on the program as it ships, over loopback only. One after the other: floods disturb each other, and memory is
// measured. The whole takes under ten minutes on two cores; HOSTILE_QUICK=1 leaves out what is marked `thorough`.
export default defineConfig({
  test: {
    include: ["test/hostile/**/*.test.ts"],
    globalSetup: ["test/programs.ts"],
    environment: "node",
    pool: "forks",
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
