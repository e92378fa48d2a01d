#!/usr/bin/env node
// Plain JavaScript without modern syntax: an old Node has to get far enough to say what is wrong.
import { existsSync } from "node:fs";

const OLDEST_NODE = 24;

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  process.stderr.write(
    `baton-codecov needs Node ${OLDEST_NODE} or newer, this is ${process.version}; install a newer one from https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  // Without a listener Node opens its inspector at this signal; the program listens as well, but is not loaded yet.
  process.on("SIGUSR1", () => {});
  // A checkout runs its sources, even when an older bundle lies beside them; installed packages hold the bundle only.
  const sources = new URL("../src/bin/baton-codecov.ts", import.meta.url);
  const bundle = new URL("../dist/baton-codecov.cjs", import.meta.url);
  await import(existsSync(sources) ? sources.href : bundle.href);
}
