import { exportSchema } from "#config/export.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import type { Invocation } from "../command.ts";
import { print } from "../standard-output.ts";

/** `config`: prints the schema of the settings as C1 reads it. */
export async function run({ definition }: Invocation): Promise<number> {
  await print(exportSchema(definition, sdkFields));
  return 0;
}
