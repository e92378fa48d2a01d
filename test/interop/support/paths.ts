/** Where things are. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The Go module. */
export const MODULE_DIRECTORY = join(ROOT, "test", "interop");

/** What is built for the suite; outside version control. */
export const BUILD_DIRECTORY = join(ROOT, "build", "interop");

/** Our settings as our program exports them, for the Go host to declare. */
export const SCHEMA_FILE = join(BUILD_DIRECTORY, "config_schema.json");

/** The program of this repository. */
export const OWN_PROGRAM: readonly string[] = [process.execPath, join(ROOT, "bin", "baton-codecov.js")];

/** The same as a host in front of any connector. */
export const OWN_HOST: readonly string[] = [process.execPath, join(MODULE_DIRECTORY, "own-host.ts")];

/** The imaginary company as a program. */
export const TOY_PROGRAM: readonly string[] = [
  process.execPath,
  join(ROOT, "test", "fakes", "toy-program.ts"),
];

/** A connector process that uses its host's session store. */
export const SESSION_CHILD: readonly string[] = [
  process.execPath,
  join(MODULE_DIRECTORY, "session-child.ts"),
];

/** The compiled descriptors of all services. */
export const DESCRIPTORS = join(ROOT, "gen", "descriptors.binpb");

/** What `npm run build` makes: the file that the npm package ships. */
export const BUNDLE = join(ROOT, "dist", "baton-codecov.cjs");

/** The same with Node inside. */
export const EXECUTABLE = join(ROOT, "build", "baton-codecov");
