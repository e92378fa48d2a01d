import type { Program } from "#cli/command.ts";
import { main } from "#cli/program.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";

/**
 * Runs this process as the program of a connector: its command line, its own host, and what other hosts start. On failure
 * the process exits with the code of the error and prints one plain sentence on standard error.
 *
 * @param program the version that `--version` and hosts show; the commit it was built from; commands of its own
 *
 * @example
 * run(connector, { version: "1.0.0" });
 */
export function run(connector: ConnectorDefinition, program: Omit<Program, "definition">): void {
  main({ definition: connector, ...program });
}
