import { isSea } from "node:sea";
import type { ParsedArguments } from "#config/arguments.ts";
import { type Field, variableOf } from "#config/field.ts";
import { UNCHECKED_TLS } from "./ignored-variables.ts";

/** How to start this program once more; the shape that the host's launcher takes. */
export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The arguments of the program itself, without those of Node. */
  readonly words: readonly string[];
  readonly env: Record<string, string | undefined>;
}

/**
 * The same program with the same settings as a connector. Secrets that were given as flags travel
 * in the environment, which other users of the machine cannot see, and never in the arguments.
 *
 * @param overrides flags by name that are to have another value in the child
 * @param withheld secrets that the child does not get
 */
export function buildChildCommand(
  parsed: ParsedArguments,
  env: Readonly<Record<string, string | undefined>>,
  overrides: Readonly<Record<string, string>>,
  withheld: readonly Field[] = [],
): ChildCommand {
  const flags: string[] = [];
  const hidden = new Set([UNCHECKED_TLS, ...withheld.map(({ name }) => variableOf(name))]);
  // Unchecked certificates have no effect, as the host has logged. On Windows the case of a variable's name says nothing.
  const childEnv = Object.fromEntries(
    Object.entries(env).filter(([variable]) => !hidden.has(variable.toUpperCase())),
  );
  for (const { field, text } of parsed.flags) {
    if (hidden.has(variableOf(field.name))) continue;
    // An empty secret is none, but it hides the variable and the file, so it has to stay a flag.
    if (field.kind === "secret" && text !== "") childEnv[variableOf(field.name)] = text;
    else flags.push(`--${field.name}=${text}`);
  }
  for (const [name, text] of Object.entries(overrides)) flags.push(`--${name}=${text}`);
  // A debugger's port serves one process only.
  const nodeOptions = process.execArgv.filter((option) => !option.startsWith("--inspect"));
  const script = process.argv[1] ?? "";
  const start = isSea() ? [] : [...nodeOptions, script];
  const words = [...flags, "_connector-service"];
  return { command: process.execPath, args: [...start, ...words], words, env: childEnv };
}

/**
 * Takes secrets that were given as flags out of the list of processes: setting the title overwrites the
 * memory that `ps` and `/proc/<pid>/cmdline` show. Between the start of Node and this call they are visible,
 * which is why variables and files are the better way.
 */
export function hideSecretFlags(programName: string, parsed: ParsedArguments): void {
  if (!parsed.flags.some(({ field }) => field.kind === "secret")) return;
  const flags = parsed.flags.map(({ field, text }) =>
    field.kind === "secret" ? `--${field.name}=[redacted]` : `--${field.name}=${text}`,
  );
  process.title = [programName, ...flags, ...parsed.words].join(" ");
}
