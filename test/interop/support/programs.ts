/** The hosts and connectors that the suite combines. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { inject } from "vitest";
import type { GoProgram } from "./go-programs.ts";
import { OWN_HOST, OWN_PROGRAM, SCHEMA_FILE, TOY_PROGRAM } from "./paths.ts";
import type { Command } from "./process.ts";

/** The vendor's host, which launches what it is told to, our own program as a host, or a command line of one's own. */
export type Host = "go" | "own" | readonly string[];

/**
 * The connector in this repository, the one written on the Go SDK, the imaginary company on our runtime, or a
 * command line of one's own.
 */
export type Connector = "own" | "reference" | "toy" | readonly string[];

/** How the Go host stores; our own always writes the SQLite kind. */
export type StorageEngine = "pebble" | "sqlite";

export function programPath(name: GoProgram): string {
  const programs = inject("goPrograms");
  assert.ok(programs.available);
  return join(programs.directory, name);
}

/** The command that `host` is, with what it needs to launch `connector`. */
export function hostCommand(
  host: Host,
  connector: Connector,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Command {
  if (typeof host !== "string") return command(host, args, env);
  // Each program is started as its users start it where host and connector are one.
  if (host === "own" && connector === "own") return command(OWN_PROGRAM, args, env);
  if (host === "own" && connector === "toy") return command(TOY_PROGRAM, args, env);
  if (host === "go" && connector === "reference")
    return command([programPath("reference-connector")], args, env);

  const proxy = host === "own" ? OWN_HOST : [programPath("host-proxy")];
  const schema = connector === "toy" ? {} : { INTEROP_CONFIG_SCHEMA: SCHEMA_FILE };
  return command(proxy, args, {
    INTEROP_CONNECTOR: JSON.stringify(connectorCommand(connector)),
    ...schema,
    ...env,
  });
}

/** How a host is told to launch `connector`. */
export function connectorCommand(connector: Connector): readonly string[] {
  if (connector === "own") return OWN_PROGRAM;
  if (connector === "toy") return TOY_PROGRAM;
  if (connector === "reference") return [programPath("reference-connector")];
  return connector;
}

function command(
  [program, ...leading]: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Command {
  assert.ok(program !== undefined);
  return { program, args: [...leading, ...args], env };
}
