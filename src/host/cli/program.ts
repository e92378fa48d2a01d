import { type ParsedArguments, parseArguments, refuseContradictions, usageError } from "#config/arguments.ts";
import type { Field, FieldSet } from "#config/field.ts";
import { foreignFields } from "#config/foreign-fields.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { explainUnexpected } from "#files/file-errors.ts";
import { Code } from "#kernel/errors.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { toFaultError, WORKING_DIRECTORY_GONE } from "#kernel/system-error.ts";
import { receiveThreadStart, type ThreadStart } from "#wire/thread-messages.ts";
import { hideSecretFlags } from "./child-command.ts";
import type { Command, Invocation, Program } from "./command.ts";
import { programFields } from "./command-flags.ts";
import { CONNECTOR_SERVICE, commandsOf, mainCommand } from "./commands.ts";
import { describeUnknownCommand, type FoundCommand, findCommand, subcommandsOf } from "./find-command.ts";
import { EXIT_READER_GONE, print, ReaderGone, tell } from "./standard-output.ts";

/**
 * A program that has nothing more to do but is held up by a forgotten handle ends after this time. Commands wait until
 * their output has arrived, so nothing is cut off.
 */
const LINGER_MS = 3_000;

/**
 * Runs the program in this process and ends it: exit code 0, or the gRPC code of what went wrong with one
 * plain sentence on standard error.
 */
export function main(program: Program): void {
  // Without a listener Node opens its inspector at this signal, through which anybody on this machine reads all secrets.
  process.on("SIGUSR1", () => {});
  // Node's own warnings are not JSON and would break up the log.
  process.removeAllListeners("warning");
  process.on("warning", () => {});
  const redactor = new Redactor();
  const end = (code: number) => {
    process.exitCode = code;
    setTimeout(() => process.exit(code), LINGER_MS).unref();
  };
  const fail = (thrown: unknown) => {
    if (thrown instanceof ReaderGone) return EXIT_READER_GONE;
    const error = explainUnexpected(thrown);
    tell(`${redactor.toLines(error.message)}\n`);
    return error.code;
  };
  process.on("uncaughtException", (error) => {
    // A serving process ends in its own way.
    if (process.listenerCount("uncaughtException") === 1) process.exit(fail(error));
  });
  const run = async (): Promise<number> => {
    const thread = await receiveThreadStart();
    if (thread === undefined) return await runProgram(program, process.argv.slice(2), redactor);
    return await runProgram(program, thread.args, redactor, thread);
  };
  run().then(end, (error: unknown) => end(fail(error)));
}

/**
 * Chooses the command and runs it to its end.
 *
 * @param thread if this is a connector thread and not the program itself
 * @returns the exit code
 * @throws BatonError what is wrong with the command line, or what the command fails with
 */
export async function runProgram(
  program: Program,
  argv: readonly string[],
  redactor: Redactor,
  thread?: ThreadStart,
): Promise<number> {
  const given = parseArguments(argv, allFields(program));
  if (thread === undefined) hideSecretFlags(program.definition.name, given);
  registerSecrets(given, redactor);

  const commands = commandsOf(program);
  const { command, rest: words } = chooseCommand(program, commands, given);
  const parsed = bindFlags(given, command);
  const invocation: Invocation = {
    ...program,
    parsed,
    words,
    env: thread?.env ?? process.env,
    cwd: findWorkingDirectory,
    redactor,
    main: mainCommand,
    commands,
    thread,
  };
  if (isSwitchedOn(parsed, programFields.help.name)) {
    const { formatHelp } = await import("./help-text.ts");
    await print(formatHelp(invocation, command === mainCommand ? undefined : command));
    return Code.Ok;
  }
  if (isSwitchedOn(parsed, programFields.version.name)) {
    await print(`${program.definition.name} version ${program.version}\n`);
    return Code.Ok;
  }
  refuseStrayFlags(parsed, commands, command);
  // A host's connector process takes the last value, as Go hosts do from the same command line.
  if (command.name !== CONNECTOR_SERVICE) refuseContradictions(parsed);
  if (command.words === undefined && words.length > 0) {
    if (subcommandsOf(commands, command.name).length > 0) {
      throw describeUnknownCommand(program.definition.name, commands, parsed.words);
    }
    throw usageError(`${program.definition.name} ${command.name} takes no further arguments, see --help`);
  }
  const run = await command.load();
  return await run(invocation);
}

function findWorkingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw toFaultError(WORKING_DIRECTORY_GONE, cause, "continue");
  }
}

/** Every setting that a program understands on its command line. */
export function allFields(program: Program): Field[] {
  const sets: FieldSet[] = [program.definition.fields, sdkFields, foreignFields, programFields];
  for (const command of commandsOf(program)) sets.push(command.fields ?? {});
  return sets.flatMap((set) => Object.values(set));
}

function chooseCommand(
  { definition }: Program,
  commands: readonly Command[],
  { words }: ParsedArguments,
): FoundCommand {
  if (words.length === 0) return { command: mainCommand, rest: [] };
  const found = findCommand(commands, words);
  if (found !== undefined) return found;
  throw describeUnknownCommand(definition.name, commands, words);
}

/** Several commands may have a flag of the same name, each with its own values: those of the chosen command count. */
function bindFlags({ flags, words }: ParsedArguments, command: Command): ParsedArguments {
  const own = new Map(Object.values(command.fields ?? {}).map((field) => [field.name, field]));
  return { words, flags: flags.map((use) => ({ ...use, field: own.get(use.field.name) ?? use.field })) };
}

function refuseStrayFlags({ flags }: ParsedArguments, commands: readonly Command[], command: Command): void {
  for (const { field } of flags) {
    const owners = commands.filter(({ fields = {} }) =>
      Object.values(fields).some(({ name }) => name === field.name),
    );
    if (owners.length === 0 || owners.includes(command)) continue;
    const names = owners.map(({ name }) => name);
    const phrase =
      names.length === 1 ? `command ${names.join()}` : `commands ${names.join(", ")} and not to this one`;
    throw usageError(`--${field.name} belongs to the ${phrase}`);
  }
}

function isSwitchedOn({ flags }: ParsedArguments, name: string): boolean {
  return flags.findLast(({ field }) => field.name === name)?.text === "true";
}

/** Secrets given as flags must not appear in an error that comes before the settings are loaded. */
function registerSecrets({ flags }: ParsedArguments, redactor: Redactor): void {
  for (const { field, text } of flags) if (field.kind === "secret") redactor.register(new Secret(text));
}
