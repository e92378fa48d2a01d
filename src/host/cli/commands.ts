import { sdkFields } from "#config/sdk-fields.ts";
import type { Command, Program } from "./command.ts";
import { configFields, healthCheckFields, serveFields } from "./command-flags.ts";

/** What the program does without a subcommand. */
export const mainCommand: Command = {
  name: "",
  summary: "sync into a .c1z file; with --client-id, run tasks from C1",
  uses: Object.values(sdkFields),
  usesConnector: true,
  startsThread: true,
  examples: [
    { args: ["--file", "sync.c1z"], purpose: "sync, with settings from environment variables or a file" },
  ],
  load: async () => (await import("./commands/main-run.ts")).run,
};

/** Starts the connector for a host. Hosts on baton-sdk know this name. */
export const CONNECTOR_SERVICE = "_connector-service";

/** Lists for the build of the executable the words that start no connector thread, see `commands/other-runs.ts`. */
export const OTHER_RUNS_COMMAND = "_other-runs";

/** What every connector program can do. */
const commonCommands: readonly Command[] = [
  {
    name: CONNECTOR_SERVICE,
    summary: "serve a connector host (started by the host)",
    hidden: true,
    usesConnector: true,
    load: async () => (await import("./commands/serve-host.ts")).run,
  },
  {
    name: OTHER_RUNS_COMMAND,
    summary: "print the commands that start no connector thread, as JSON (for the build)",
    hidden: true,
    load: async () => (await import("./commands/other-runs.ts")).run,
  },
  {
    name: "capabilities",
    summary: "print the connector's capabilities as JSON; needs no settings",
    examples: [{ args: ["capabilities"], purpose: "what a host asks for first" }],
    load: async () => (await import("./commands/capabilities.ts")).run,
  },
  {
    name: "config",
    summary: "print the schema of the settings as JSON, or with --sample a configuration file to fill in",
    fields: configFields,
    examples: [
      { args: ["config", "--sample"], purpose: "a commented .baton.yaml to fill in" },
      { args: ["config"], purpose: "the schema from which C1 builds its form" },
    ],
    load: async () => (await import("./commands/config.ts")).run,
  },
  {
    name: "health-check",
    summary: "check the health of a running instance; exits with 0 if healthy",
    fields: healthCheckFields,
    uses: [sdkFields.healthCheckPort, sdkFields.healthCheckBindAddress],
    examples: [
      { args: ["health-check"], purpose: "whether the connector works" },
      { args: ["health-check", "--endpoint=live", "--timeout=2"], purpose: "a liveness probe" },
    ],
    load: async () => (await import("./commands/health-check.ts")).run,
  },
  {
    name: "serve",
    summary: "serve the connector on its own, as a sidecar or for grpcurl",
    fields: serveFields,
    uses: [
      sdkFields.provisioning,
      sdkFields.logLevel,
      sdkFields.logFormat,
      sdkFields.logPath,
      sdkFields.otelCollectorEndpoint,
      sdkFields.healthCheck,
      sdkFields.healthCheckPort,
      sdkFields.healthCheckBindAddress,
      sdkFields.httpTimeoutSeconds,
    ],
    usesConnector: true,
    examples: [
      {
        args: ["serve", "--listen", "unix:/run/baton/connector.sock", "--plaintext"],
        purpose: "for a program in the same pod",
      },
      {
        args: [
          "serve",
          "--listen=0.0.0.0:50051",
          "--tls-cert-path=server.crt",
          "--tls-key-path=server.key",
          "--tls-client-ca-path=clients.crt",
        ],
        purpose: "for clients with a certificate from that authority",
      },
    ],
    load: async () => (await import("./commands/serve.ts")).run,
  },
];

/** Those about the program itself, which the help lists last. */
const closingCommands: readonly Command[] = [
  {
    name: "completion",
    summary: "print the completion script for a shell",
    words: "bash|zsh|fish",
    examples: [
      { args: ["completion", "bash"], purpose: "for source <(…) in ~/.bashrc" },
      { args: ["completion", "zsh"], purpose: "for source <(…) in ~/.zshrc, after compinit" },
      { args: ["completion", "fish"], purpose: "to pipe into source in config.fish" },
    ],
    load: async () => (await import("./commands/completion.ts")).run,
  },
  {
    name: "version",
    summary: "print version, commit, platform and Node",
    examples: [{ args: ["version"], purpose: "what to include in an issue" }],
    load: async () => (await import("./commands/version.ts")).run,
  },
  {
    name: "help",
    summary: "show this help",
    words: "[command]",
    examples: [{ args: ["help", "serve"], purpose: "the same as serve --help" }],
    load: async () => (await import("./commands/help.ts")).run,
  },
];

/** Every subcommand of a program, as the help lists them. */
export function commandsOf({ commands = [] }: Pick<Program, "commands">): readonly Command[] {
  return [...commonCommands, ...commands, ...closingCommands];
}
