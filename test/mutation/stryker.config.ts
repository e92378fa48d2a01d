import type { PartialStrykerOptions } from "@stryker-mutator/api/core";

const folder = process.env["MUTATE"] ?? "codecov";
const files = process.env["MUTATE_FILES"] ?? "*.ts";
const report = `build/mutation/${folder.replaceAll("/", "-")}`;

/** Changes the code of one folder in many small ways and runs the folder's unit tests on each. */
const options: PartialStrykerOptions = {
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  mutate: [`src/**/${folder}/**/${files}`],
  // Tests assert codes and reasons, not sentences.
  mutator: { excludedMutations: ["StringLiteral"] },
  coverageAnalysis: "perTest",
  // Long enough that only what never ends counts as noticed by the time it takes, and no busy machine does.
  timeoutMS: 20_000,
  concurrency: Number(process.env["MUTATE_WORKERS"] ?? 1),
  // What did not change since the last run is not run again.
  incremental: true,
  incrementalFile: `${report}.json`,
  // Stryker would rewrite paths in it through an API that TypeScript 7 does not have; nothing in it needs that.
  tsconfigFile: "none",
  tempDirName: "build/mutation/sandbox",
  ignorePatterns: ["/build", "/dist", "/.ci", "/docs", "/deploy", "/test/interop"],
  reporters: ["clear-text", "progress-append-only", "html"],
  htmlReporter: { fileName: `${report}.html` },
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: true },
};

export default options;
