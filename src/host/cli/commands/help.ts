import { usageError } from "#config/arguments.ts";
import type { Invocation } from "../command.ts";
import { findCommand } from "../find-command.ts";
import { formatHelp } from "../help-text.ts";
import { print } from "../standard-output.ts";

/** `help`: the same text as `--help`. */
export async function run(invocation: Invocation): Promise<number> {
  const { commands, words } = invocation;
  const found = findCommand(commands, words);
  if (words.length > 0 && (found === undefined || found.rest.length > 0)) {
    throw usageError(`there is no such command, see --help`);
  }
  await print(formatHelp(invocation, found?.command));
  return 0;
}
