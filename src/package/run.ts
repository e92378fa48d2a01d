import type { Program } from "#cli/command.ts";
import { main } from "#cli/program.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";

/**
 * Makes this process the program of a connector: its command line, its host, and what other hosts start. Ends the process
 * with the code of what went wrong, and one plain sentence on standard error.
 *
 * @param program the version that `--version` shows and hosts are told; the commit it was built from; commands of its own
 *
 * @example
 * run(connector, { version: "1.0.0" });
 */
export function run(connector: ConnectorDefinition, program: Omit<Program, "definition">): void {
  main({ definition: connector, ...program });
}
