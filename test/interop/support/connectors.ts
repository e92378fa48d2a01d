/** Connectors that misbehave, made from one that does not: shell lines in front of the real program. */

import { type Connector, connectorCommand } from "./programs.ts";

/** Starts `connector` only after a while. */
export function startedLate(connector: Connector, seconds: number): Connector {
  return inShell(`sleep ${seconds}; exec "$0" "$@"`, connector);
}

/** Ends before it serves. */
export function deadOnArrival(exitCode: number): Connector {
  return ["/bin/sh", "-c", `exit ${exitCode}`];
}

/** Leaves its process id in `file`. */
export function withProcessId(connector: Connector, file: string): Connector {
  return inShell(`echo $$ > '${file}'; exec "$0" "$@"`, connector);
}

function inShell(script: string, connector: Connector): Connector {
  return ["/bin/sh", "-c", script, ...connectorCommand(connector)];
}
