import { usageError } from "#config/arguments.ts";
import type { Command, Invocation } from "../command.ts";
import { fieldsOf, programFields } from "../command-flags.ts";
import { type CompletionContext, formatCompletion, SHELLS } from "../completion-scripts.ts";
import { firstWordsOf, secondWordsOf } from "../find-command.ts";
import { print } from "../standard-output.ts";

const HELP = "help";

/** `completion <shell>`: prints a script that the shell can source. */
export async function run(invocation: Invocation): Promise<number> {
  const { definition, main, words } = invocation;
  const shell = SHELLS.find((name) => name === words[0]);
  if (shell === undefined || words.length > 1) {
    throw usageError(
      `completion needs the name of a shell: ${definition.name} completion ${SHELLS.join("|")}`,
    );
  }
  const commands = invocation.commands.filter(({ hidden }) => hidden !== true);
  const toContext = (command: Command): CompletionContext => {
    const { own, shared, connector } = fieldsOf(command, definition);
    const { help, version } = programFields;
    return {
      name: command.name,
      summary: command.summary,
      fields: [...own, ...connector, ...shared, help, ...(command === main ? [version] : [])],
      words:
        command === main || command.name === HELP ? firstWordsOf(commands) : listWords(command, commands),
    };
  };
  const source = {
    name: definition.name,
    main: toContext(main),
    commands: [...commands.map(toContext), ...listHelpTopics(commands)],
  };
  await print(formatCompletion(shell, source));
  return 0;
}

/** Fixed words, which are declared as `one|two`, and the second words of a group. */
function listWords({ name, words = "" }: Command, commands: readonly Command[]): readonly string[] {
  return [...(words.includes("|") ? words.split("|") : []), ...secondWordsOf(commands, name)];
}

/** `help coverage` takes the second words of that group. */
function listHelpTopics(commands: readonly Command[]): CompletionContext[] {
  return firstWordsOf(commands).flatMap((group) => {
    const words = secondWordsOf(commands, group);
    if (words.length === 0) return [];
    return [{ name: `${HELP} ${group}`, summary: "", fields: [programFields.help], words }];
  });
}
