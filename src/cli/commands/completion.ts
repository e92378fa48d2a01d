import { usageError } from "#config/arguments.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import type { Invocation } from "../command.ts";
import { formatCompletion, SHELLS } from "../completion.ts";
import { print } from "../standard-output.ts";

/** `completion <shell>`: prints a script that the shell can source. */
export async function run({ definition, commands, words }: Invocation): Promise<number> {
  const shell = SHELLS.find((name) => name === words[0]);
  if (shell === undefined || words.length > 1) {
    throw usageError(
      `completion needs the name of a shell: ${definition.name} completion ${SHELLS.join("|")}`,
    );
  }
  const own = commands.flatMap((command) => Object.values(command.fields ?? {}));
  const fields = [...Object.values(definition.fields), ...Object.values(sdkFields), ...own];
  await print(formatCompletion(shell, { name: definition.name, commands, fields }));
  return 0;
}
