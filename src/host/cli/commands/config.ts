import { exportSchema } from "#config/export.ts";
import { loadFields } from "#config/load.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import type { Invocation } from "../command.ts";
import { configFields } from "../command-flags.ts";
import { print } from "../standard-output.ts";

/**
 * `config`: prints the schema of the settings as C1 reads it, or with `--sample` a file of settings to fill in. Only the
 * flag chooses: no variable or file may change what others read as a schema.
 */
export async function run({ definition, parsed }: Invocation): Promise<number> {
  const { sample } = loadFields(configFields, [], { flags: parsed.flags, env: {}, file: new Map() });
  if (!sample) await print(exportSchema(definition, sdkFields));
  else {
    const { formatSample } = await import("#config/sample.ts");
    await print(formatSample(definition, sdkFields));
  }
  return 0;
}
