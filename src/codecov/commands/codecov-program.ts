import type { Command, Program } from "#cli/command.ts";
import { codecov } from "#codecov/index.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { coverageCommands } from "./coverage/coverage-commands.ts";
import { reportFields } from "./report-fields.ts";

/** What it can do beside what every connector program can. */
const commands: readonly Command[] = [
  {
    name: "report",
    summary: "review who has access, from a finished .c1z file, without contacting Codecov",
    fields: reportFields,
    uses: [sdkFields.file],
    examples: [
      { args: ["report"], purpose: "tables on the terminal, from sync.c1z" },
      { args: ["report", "-f", "sync.c1z", "--output", "review.html"], purpose: "one page to share" },
      { args: ["report", "--format", "csv"], purpose: "for a spreadsheet, on standard output" },
    ],
    load: async () => (await import("./report.ts")).run,
  },
  ...coverageCommands,
];

/** The program of this repository, but for its version. */
export const codecovProgram = { definition: codecov, commands } satisfies Omit<Program, "version">;
