import type { Command } from "./command.ts";
import { healthCheckFields } from "./commands/health-check-fields.ts";
import { reportFields } from "./commands/report-fields.ts";
import { serveFields } from "./commands/serve-fields.ts";

/** What the program does without a subcommand. */
export const mainCommand: Command = {
  name: "",
  summary: "sync into a .c1z file; with --client-id take tasks from C1",
  load: async () => (await import("./commands/run.ts")).run,
};

/** The subcommands of every connector program. */
export const commands: readonly Command[] = [
  {
    name: "_connector-service",
    summary: "serve a connector host (started by the host)",
    hidden: true,
    load: async () => (await import("./commands/connector-service.ts")).run,
  },
  {
    name: "capabilities",
    summary: "print what the connector can do, as JSON; needs no settings",
    load: async () => (await import("./commands/capabilities.ts")).run,
  },
  {
    name: "config",
    summary: "print the schema of the settings, as JSON",
    load: async () => (await import("./commands/config.ts")).run,
  },
  {
    name: "health-check",
    summary: "ask a running program how it is; exit code 0 means well",
    fields: healthCheckFields,
    load: async () => (await import("./commands/health-check.ts")).run,
  },
  {
    name: "serve",
    summary: "serve the connector by itself, as a sidecar or for grpcurl",
    fields: serveFields,
    load: async () => (await import("./commands/serve.ts")).run,
  },
  {
    name: "report",
    summary: "review who has access, from a finished .c1z file; Codecov is not asked",
    fields: reportFields,
    load: async () => (await import("./commands/report.ts")).run,
  },
  {
    name: "completion",
    summary: "print the completion script for a shell",
    words: "bash|zsh|fish",
    load: async () => (await import("./commands/completion.ts")).run,
  },
  {
    name: "help",
    summary: "show this help",
    words: "[command]",
    load: async () => (await import("./commands/help.ts")).run,
  },
];
