#!/usr/bin/env node
// Plain JavaScript without modern syntax: an old Node has to get far enough to say what is wrong. To start a project an
// older one will do than to run it, as the project brings its own.
const OLDEST_NODE = 20;

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  process.stderr.write(
    `baton-connector-sdk needs Node ${OLDEST_NODE} or newer, this is ${process.version}; install a newer one from https://nodejs.org\n`,
  );
  process.exitCode = 9;
} else {
  const { runCommand } = await import("../dist/src/package/tools/tool-command.js");
  process.exitCode = await runCommand(process.argv.slice(2), process.cwd());
}
