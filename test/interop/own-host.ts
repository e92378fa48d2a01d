/**
 * Our own program as a host in front of any connector: the counterpart of the Go module's `host-proxy`. Started
 * again as a connector process it starts the program named in `INTEROP_CONNECTOR`, a JSON array, and hands on its
 * own arguments, environment, standard input and the inherited listener; it ends as that program ends.
 */

import { spawn } from "node:child_process";

const LISTENER_FD = 3;

if (process.argv.includes("_connector-service")) {
  const [program = "", ...args] = JSON.parse(process.env["INTEROP_CONNECTOR"] ?? "[]") as string[];
  const stdio = ["inherit", "inherit", "inherit", LISTENER_FD] as const;
  const child = spawn(program, [...args, ...process.argv.slice(2)], { stdio: [...stdio] });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
} else {
  await import("../../src/bin/baton-codecov.ts");
}
