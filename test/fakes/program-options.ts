import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { wrapText } from "#kernel/wrap-text.ts";

/** An option of a stand-in that is started as a program. */
export interface ProgramOption {
  readonly type: "string" | "boolean";
  readonly description: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean | string[];
}

type Value<O extends ProgramOption> = O extends { readonly multiple: true }
  ? string[]
  : O["type"] extends "boolean"
    ? boolean
    : O extends { readonly default: string }
      ? string
      : string | undefined;

/** The values of options by their names. */
export type OptionValues<Options extends Readonly<Record<string, ProgramOption>>> = {
  readonly [K in keyof Options]: Value<Options[K]>;
};

const WIDTH = 100;
const USAGE_ERROR = 2;

/**
 * Reads the command line. With `--help` it prints what the program does and ends it; at a word that it does not know it
 * ends it with exit code 2.
 *
 * @param usage lines that say what the program does and how to start it
 */
export function readProgramOptions<Options extends Readonly<Record<string, ProgramOption>>>(
  usage: string,
  options: Options,
): OptionValues<Options> {
  const known = { ...options, help: { type: "boolean", description: "Show this help" } } as const;
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries<ProgramOption>(known).map(([name, { type, multiple, default: value }]) => [
      name,
      {
        type,
        ...(multiple === undefined ? {} : { multiple }),
        ...(value === undefined ? {} : { default: value }),
      },
    ]),
  );
  try {
    const { values } = parseArgs({ options: config });
    if (values["help"] !== true) return values as OptionValues<Options>;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}; see --help\n`);
    process.exit(USAGE_ERROR);
  }
  process.stdout.write(`${usage.trim()}\n\n${formatOptions(known)}`);
  process.exit(0);
}

function formatOptions(options: Readonly<Record<string, ProgramOption>>): string {
  const lines = Object.entries(options).map(([name, option]) => {
    const value = option.type === "boolean" ? "" : ` <${option.value ?? "text"}>`;
    const known = typeof option.default === "string" ? `. Default ${option.default}` : "";
    const repeated = option.multiple === true ? ". Can be given several times" : "";
    return `  --${name}${value}\n${wrapText(`${option.description}${repeated}${known}`, WIDTH, "      ")}\n`;
  });
  return `Options:\n${lines.join("")}`;
}
