import { codecovProgram } from "#codecov/commands/codecov-program.ts";
import { variableOf } from "#config/field.ts";
import { allFields } from "../src/host/cli/program.ts";

const PROGRAM = { ...codecovProgram, version: "" };

/** Names, without `BATON_`, of variables that the program reads beside those of its flags; see `docs/command-line.md`. */
const WITHOUT_FLAG =
  "CONFIG_PATH TMPDIR KEEP_SYNC_COUNT SKIP_CLEANUP HOST_ID C1_API_HOST GET_TASKS DECODER_MAX_DECODED_SIZE_MB DECODER_MAX_MEMORY_MB";

/** Every variable that begins with `BATON_` and means something to the program. */
export function knownVariables(): ReadonlySet<string> {
  const fields = allFields(PROGRAM);
  return new Set([
    ...fields.map(({ name }) => variableOf(name)),
    ...WITHOUT_FLAG.split(" ").map((name) => `BATON_${name}`),
  ]);
}

/** The flags of the program and of its commands, without the dashes. */
export function knownFlags(): ReadonlySet<string> {
  return new Set(allFields(PROGRAM).map(({ name }) => name));
}
