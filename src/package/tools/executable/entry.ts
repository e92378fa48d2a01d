/**
 * Main script of the single executable, of its first thread and of the connector's: runs the bundle, which is an
 * asset, with the code cache that was made for this role. Node itself can only add a cache that knows no function
 * but the outermost ones.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { getRawAsset } from "node:sea";
import { Script } from "node:vm";
import { isMainThread } from "node:worker_threads";
import { mayNeedThread, startThreadAhead } from "#cli/thread.ts";
import { roleOf } from "./role.ts";

/** The file name of the bundle in stack traces; the build puts it here. */
declare const BUNDLE_NAME: string;

/** Words of runs that start no connector thread, as JSON; the build asks the bundle for them. */
declare const OTHER_RUNS: string;

// Before anything else: to start a thread takes as long as to load the program.
const others: readonly string[] = JSON.parse(OTHER_RUNS);
if (isMainThread && mayNeedThread(process.argv.slice(2), process.env, others)) startThreadAhead();

const asset = (name: string): Buffer => Buffer.from(getRawAsset(name));

// esbuild escapes what is not ASCII, and a string of bytes is made and kept with the least effort.
const script = new Script(asset("bundle").toString("latin1"), {
  filename: BUNDLE_NAME,
  // Node checks that the cache belongs to this very version; if not, it is not used.
  cachedData: asset(roleOf(process.argv)),
});
// The last argument is where the script lies. The current directory may be gone.
script.runInThisContext()(
  {},
  createRequire(process.execPath),
  {},
  process.execPath,
  dirname(process.execPath),
);
