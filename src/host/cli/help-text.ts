/** Apart from `commands.ts`, so that only a run that shows help loads how it is laid out. */

import { formatFlags } from "#config/flag-help.ts";
import { wrapText } from "#kernel/wrap-text.ts";
import type { Example } from "#runtime/connector.ts";
import type { Command, Invocation } from "./command.ts";
import { fieldsOf } from "./command-flags.ts";
import { subcommandsOf } from "./find-command.ts";

const MAX_WIDTH = 100;

/** What the help is about. */
export type HelpSubject = Pick<Invocation, "definition" | "main" | "commands">;

/** The help of the program or of one of its commands. */
export function formatHelp(invocation: HelpSubject, command: Command | undefined): string {
  const width = Math.min(process.stdout.columns || MAX_WIDTH, MAX_WIDTH);
  return command === undefined
    ? formatProgramHelp(invocation, width)
    : formatCommandHelp(invocation, command, width);
}

function formatProgramHelp({ definition, main, commands }: HelpSubject, width: number): string {
  const { connector, shared } = fieldsOf(main, definition);
  const examples = [...(main.examples ?? []), ...(definition.examples ?? [])];
  return `${wrapText(definition.description, width, "")}

Usage:
  ${definition.name} [flags]            ${main.summary}
  ${definition.name} <command> [flags]

${formatCommands(commands, width)}

${formatExamples(definition.name, examples, width)}
${formatFlags([...connector, ...shared], definition.displayName, width)}
Other:
${HELP_FLAG}
  -v, --version
          Show the version

${wrapText(
  "Each setting can be given as a flag, as the variable in parentheses, or in .baton.yaml (another file: " +
    "$BATON_CONFIG_PATH), in this order of precedence. Pass secrets as a variable or a file.",
  width,
  "",
)}
`;
}

function formatCommands(commands: readonly Command[], width: number): string {
  const listed = commands.filter((command) => command.hidden !== true);
  if (listed.length === 0) return "";
  const nameWidth = Math.max(...listed.map((command) => command.name.length));
  const summaries = listed.map((command) => {
    const [first = "", ...rest] = wrapText(command.summary, width - nameWidth - 4, "").split("\n");
    const lines = [`  ${command.name.padEnd(nameWidth)}  ${first}`];
    for (const line of rest) lines.push(" ".repeat(nameWidth + 4) + line);
    return lines.join("\n");
  });
  return `Commands:\n${summaries.join("\n")}`;
}

const HELP_FLAG = `  -h, --help
          Show this help, or that of a command`;

function formatCommandHelp({ definition, commands }: HelpSubject, command: Command, width: number): string {
  const { name } = definition;
  const words = command.words === undefined ? "" : ` ${command.words}`;
  const { own, shared, connector } = fieldsOf(command, definition);
  // Under one heading: the groups are those of the program as a whole.
  const flags = [...own, ...shared].map((field) => ({ ...field, group: "Flags" }));
  const sections = [
    wrapText(`${name} ${command.name}: ${command.summary}`, width, ""),
    `Usage:\n  ${name} ${command.name}${words} [flags]`,
    formatCommands(subcommandsOf(commands, command.name), width),
    formatExamples(name, command.examples ?? [], width).trimEnd(),
    `${formatFlags(flags, "Flags", width) || "Flags:\n"}${HELP_FLAG}`,
    formatFlags(connector, definition.displayName, width).trimEnd(),
    wrapText(`All other flags of ${name} work here as well; see ${name} --help.`, width, ""),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function formatExamples(name: string, examples: readonly Example[], width: number): string {
  if (examples.length === 0) return "";
  const shown = examples.map(
    ({ args, purpose }) =>
      `${wrapCommand([name, ...args.map(quote)], width)}\n${wrapText(purpose, width, "          ")}\n`,
  );
  return `Examples:\n${shown.join("")}`;
}

/** A command line over as many lines as it takes, ready to be pasted into a shell. */
function wrapCommand(words: readonly string[], width: number): string {
  const [first = "", ...rest] = wrapText(
    words.join("\u00a0").replaceAll("\u00a0--", " --"),
    width - 6,
    "",
  ).split("\n");
  const lines = [`  ${first}`, ...rest.map((line) => `      ${line}`)];
  return lines.join(" \\\n").replaceAll("\u00a0", " ");
}

/** An argument as a word of a shell. */
function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
