import { formatFlags } from "#config/help.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { wrapText } from "#kernel/wrap-text.ts";
import type { Command, Invocation } from "./command.ts";

const MAX_WIDTH = 100;

/** The help of the program or of one of its commands. */
export function formatHelp(invocation: Invocation, command: Command | undefined): string {
  const width = Math.min(process.stdout.columns || MAX_WIDTH, MAX_WIDTH);
  return command === undefined
    ? formatProgramHelp(invocation, width)
    : formatCommandHelp(invocation, command, width);
}

function formatProgramHelp({ definition, commands }: Invocation, width: number): string {
  const listed = commands.filter((command) => command.hidden !== true);
  const nameWidth = Math.max(...listed.map((command) => command.name.length));
  const summaries = listed.map((command) => `  ${command.name.padEnd(nameWidth)}  ${command.summary}`);
  const flags = [...Object.values(definition.fields), ...Object.values(sdkFields)];
  return `${wrapText(definition.description, width, "")}

Usage:
  ${definition.name} [flags]            sync into a .c1z file; with --client-id take tasks from C1
  ${definition.name} <command> [flags]

Commands:
${summaries.join("\n")}

${formatFlags(flags, definition.displayName, width)}
Other:
  -h, --help
          Show this help, or that of a command
  -v, --version
          Show the version

${wrapText(
  "Each setting can be given as a flag, as the variable in parentheses, or in .baton.yaml (another file: " +
    "$BATON_CONFIG_PATH), in this order of strength. Secrets are best given as variable or file.",
  width,
  "",
)}
`;
}

function formatCommandHelp({ definition }: Invocation, command: Command, width: number): string {
  const words = command.words === undefined ? "" : ` ${command.words}`;
  const own = Object.values(command.fields ?? {});
  const flags = own.length === 0 ? "" : `\n${formatFlags(own, "Flags", width)}`;
  return `${definition.name} ${command.name}: ${command.summary}

Usage:
  ${definition.name} ${command.name}${words} [flags]
${flags}
The flags of ${definition.name} itself can be given as well, see ${definition.name} --help.
`;
}
