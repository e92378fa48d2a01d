import { defineConfig } from "vitest/config";

// Real sockets, child processes and files: two workers suit a two-core machine, and a test that hangs
// fails by itself instead of holding up the run.
export default defineConfig({
  test: {
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "units",
          include: ["test/{unit,conformance}/**/*.test.ts", "test/architecture.test.ts"],
          // They leave nothing behind in their process. To start one for each file costs more than the tests do.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "programs",
          include: ["test/{contract,regress}/**/*.test.ts", "test/executable/cases.test.ts"],
        },
      },
    ],
    globalSetup: ["test/programs.ts"],
  },
});
