/**
 * Runs the wrapped bundle `TRAINEE_BUNDLE` like the single executable does, and at the end writes the code cache
 * with every function that was used into the directory `TRAINEE_CACHE`, in a file named after the role.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { roleOf } from "./role.ts";

/** As in the executable. */
declare const BUNDLE_NAME: string;

const { TRAINEE_BUNDLE = "", TRAINEE_CACHE = "" } = process.env;
const source = readFileSync(TRAINEE_BUNDLE, "latin1");
const script = new Script(source, { filename: BUNDLE_NAME });
process.on("exit", () => {
  writeFileSync(join(TRAINEE_CACHE, roleOf(process.argv)), script.createCachedData());
});
script.runInThisContext()({}, createRequire(TRAINEE_BUNDLE), {}, TRAINEE_BUNDLE, dirname(TRAINEE_BUNDLE));
