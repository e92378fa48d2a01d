import type { ParsedArguments } from "#config/arguments.ts";
import type { Field, FieldSet } from "#config/field.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { ConnectorDefinition, Example } from "#runtime/connector.ts";
import type { ThreadStart } from "#wire/thread-messages.ts";

/**
 * A program: one connector, its commands and its version.
 *
 * @example
 * const program: Program = { definition: acme, version: "1.0.0" };
 */
export interface Program {
  readonly definition: ConnectorDefinition;
  /** Commands that this program has beside those of every connector, for example one that reads what it has synced. */
  readonly commands?: readonly Command[] | undefined;
  readonly version: string;
  /** The commit that it was built from, as the build found out; absent where sources run as they are. */
  readonly commit?: string | undefined;
}

/**
 * What a command works on. Settings are loaded by the commands that need them, see `settings.ts`.
 *
 * @example
 * const toFile = (invocation: Invocation) => resolve(invocation.cwd(), invocation.words[0] ?? "sync.c1z");
 */
export interface Invocation extends Program {
  readonly parsed: ParsedArguments;
  /** The words after the command's own name. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory that the program was started in. Throws FailedPrecondition if it is not there any more. */
  cwd(): string;
  /** Knows the secrets that were loaded so far. */
  readonly redactor: Redactor;
  /** What the program does without a subcommand. */
  readonly main: Command;
  /** All commands of the program, as help lists them. */
  readonly commands: readonly Command[];
  /** In a connector thread: its connection to the host. */
  readonly thread?: ThreadStart | undefined;
}

/** Runs to the end of the command and gives the exit code; a thrown error becomes its own code. */
export type Run = (invocation: Invocation) => Promise<number>;

/**
 * A subcommand. Its code is loaded when it is chosen, so that no command pays for another one.
 *
 * @example
 * const members: Command = {
 *   name: "members",
 *   summary: "print the members of a team",
 *   words: "<team>",
 *   load: async () => (await import("./members.ts")).run,
 * };
 * run(acme, { version: "1.0.0", commands: [members] });
 */
export interface Command {
  /** One word, or two: `coverage sync` is a command of the group `coverage`, which can be a command itself. */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  /** Runs like any other, but is not listed. */
  readonly hidden?: boolean;
  /** Words that may follow the name, for the help; without it none may. */
  readonly words?: string;
  /**
   * Flags that only commands have. Several may have one of the same name with values of their own, as long as all of them
   * take a value, or none does, and their one-letter forms agree.
   */
  readonly fields?: FieldSet;
  /** Flags of the program itself that the command acts on. All are accepted; help and completion show these. */
  readonly uses?: readonly Field[];
  /** Whether it acts on the connector's own settings, too. */
  readonly usesConnector?: boolean;
  /** Whether its run begins with a connector in a thread of this process, which can then be started ahead. */
  readonly startsThread?: boolean;
  /** For the help; hidden commands have none. */
  readonly examples?: readonly Example[];
  load(): Promise<Run>;
}
