import type { Command } from "#cli/command.ts";
import { fields } from "#codecov/fields.ts";
import type { Field } from "#config/field.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { coverageCheckFields } from "./coverage-check-fields.ts";
import { coveragePolicyFields } from "./coverage-policy-fields.ts";
import { coverageReportFields } from "./coverage-report-fields.ts";
import { coverageSyncFields } from "./coverage-sync-fields.ts";

/** Settings of commands that ask Codecov. */
const ASKING: readonly Field[] = [
  fields.apiToken,
  fields.apiTokenFile,
  fields.service,
  fields.owner,
  fields.baseUrl,
  fields.allowHttp,
  sdkFields.httpTimeoutSeconds,
  sdkFields.logLevel,
  sdkFields.logFormat,
  sdkFields.logPath,
  sdkFields.otelCollectorEndpoint,
];

/** What the program does about coverage. */
export const coverageCommands: readonly Command[] = [
  {
    name: "coverage",
    summary: "read the coverage of all repositories from Codecov into a store and show it",
    fields: { ...coverageSyncFields, ...coverageReportFields },
    uses: ASKING,
    examples: [
      { args: ["coverage"], purpose: "all repositories, those that need attention first" },
      { args: ["coverage", "--output", "coverage.html"], purpose: "one page to share" },
    ],
    load: async () => (await import("./coverage-run.ts")).run,
  },
  {
    name: "coverage sync",
    summary: "read coverage from Codecov into a store",
    fields: coverageSyncFields,
    uses: ASKING,
    examples: [
      { args: ["coverage", "sync"], purpose: "into coverage.db; for cron" },
      { args: ["coverage", "sync", "--details", "none"], purpose: "the list alone: two requests, usually" },
      {
        args: ["coverage", "sync", "--repository", "web", "--pull", "12"],
        purpose: "one pull request with its changed files",
      },
    ],
    load: async () => (await import("./coverage-sync.ts")).run,
  },
  {
    name: "coverage report",
    summary: "show the coverage that is stored, without contacting Codecov",
    fields: coverageReportFields,
    examples: [
      { args: ["coverage", "report"], purpose: "all repositories, those that need attention first" },
      { args: ["coverage", "report", "--output", "coverage.html"], purpose: "one page to share" },
      { args: ["coverage", "report", "--only", "below"], purpose: "what is below its minimum" },
      { args: ["coverage", "report", "--only", "pulls"], purpose: "open pull requests by loss" },
      {
        args: ["coverage", "report", "--output", "coverage.prom"],
        purpose: "OpenMetrics, for the node exporter of Prometheus",
      },
    ],
    load: async () => (await import("./coverage-report.ts")).run,
  },
  {
    name: "coverage check",
    summary: "check coverage by rules; the exit code is the result: 0 all hold, 1 one is broken, 11 unknown",
    fields: coverageCheckFields,
    uses: ASKING,
    examples: [
      {
        args: ["coverage", "check", "--repository", "web", "--minimum", "80"],
        purpose: "one repository, from the store if there is one",
      },
      {
        args: ["coverage", "check", "--repository", "web", "--pull", "12", "--patch-minimum", "70"],
        purpose: "the lines that a pull request changes",
      },
      { args: ["coverage", "check", "--explain"], purpose: "all repositories by the rules of coverage.yaml" },
    ],
    load: async () => (await import("./coverage-check.ts")).run,
  },
  {
    name: "coverage policy",
    summary: "check a policy file, or print the JSON Schema of such files",
    fields: coveragePolicyFields,
    examples: [
      {
        args: ["coverage", "policy"],
        purpose: "whether coverage.yaml is valid, and which patterns match nothing",
      },
      { args: ["coverage", "policy", "--schema"], purpose: "for an editor" },
    ],
    load: async () => (await import("./coverage-policy.ts")).run,
  },
];
