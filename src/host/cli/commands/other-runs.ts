import type { Command, Invocation } from "../command.ts";
import { programFields } from "../command-flags.ts";
import { firstWordsOf } from "../find-command.ts";
import { print } from "../standard-output.ts";

/** `_other-runs`: lists for the build of the executable the words that start no connector thread, as JSON. */
export async function run({ commands }: Invocation): Promise<number> {
  await print(`${JSON.stringify(otherRuns(commands))}\n`);
  return 0;
}

/** The words on a command line by which a run has no use for a connector thread: other commands, help, version. */
export function otherRuns(commands: readonly Command[]): readonly string[] {
  const starting = firstWordsOf(commands.filter(({ startsThread }) => startsThread === true));
  const names = firstWordsOf(commands).filter((word) => !starting.includes(word));
  const flags = Object.values(programFields).flatMap(({ name, shorthand }) => [`--${name}`, `-${shorthand}`]);
  return [...names, ...flags];
}
