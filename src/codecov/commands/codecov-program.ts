import type { Command, Program } from "#cli/command.ts";
import { fields } from "#codecov/fields.ts";
import { codecov } from "#codecov/index.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { coverageCommands } from "./coverage/coverage-commands.ts";
import { doctorFields } from "./doctor-fields.ts";
import { reportFields } from "./report-fields.ts";

/** Whether everything is in place. */
const doctor: Command = {
  name: "doctor",
  summary: "check that everything is in place: network, token, seat, repositories, reports, files",
  fields: doctorFields,
  uses: [
    fields.apiToken,
    fields.apiTokenFile,
    fields.service,
    fields.owner,
    fields.baseUrl,
    fields.allowHttp,
    fields.sessionInfo,
    sdkFields.file,
    sdkFields.httpTimeoutSeconds,
  ],
  examples: [
    { args: ["doctor"], purpose: "what works, and what to do about the rest; changes nothing" },
    { args: ["doctor", "--format", "json"], purpose: "the same for a program" },
  ],
  load: async () => (await import("./doctor.ts")).run,
};

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
  doctor,
];

/** The program of this repository, but for its version. */
export const codecovProgram = { definition: codecov, commands } satisfies Omit<Program, "version">;
