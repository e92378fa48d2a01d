import { usageError } from "#config/arguments.ts";
import type { Invocation } from "../command.ts";
import { formatHelp } from "../help-text.ts";
import { print } from "../standard-output.ts";

/** `help`: the same text as `--help`. */
export async function run(invocation: Invocation): Promise<number> {
  const [name] = invocation.words;
  const command = invocation.commands.find((candidate) => candidate.name === name);
  if (name !== undefined && command === undefined) throw usageError(`there is no such command, see --help`);
  await print(formatHelp(invocation, command));
  return 0;
}
