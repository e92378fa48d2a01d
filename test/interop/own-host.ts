/**
 * Our own program as a host in front of any connector: the counterpart of the Go module's `host-proxy`. Started
 * again as a connector process it becomes the program named in `INTEROP_CONNECTOR`, a JSON array, with its own
 * arguments, environment, standard input and the inherited listener.
 */

import { strict as assert } from "node:assert";

if (process.argv.includes("_connector-service")) {
  const [program, ...args] = JSON.parse(process.env["INTEROP_CONNECTOR"] ?? "[]") as string[];
  assert.ok(program !== undefined && process.execve !== undefined);
  process.execve(program, [program, ...args, ...process.argv.slice(2)], process.env);
} else {
  await import("../../src/bin/baton-codecov.ts");
}
