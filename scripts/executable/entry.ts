/**
 * Main script of the single executable: runs the bundle, which is an asset, with the code cache that was made
 * for this role. Node itself can only add a cache that knows no function but the outermost ones.
 */
import Module, { createRequire } from "node:module";
import { getRawAsset } from "node:sea";
import { Script } from "node:vm";
import { roleOf } from "./role.ts";

const asset = (name: string): Buffer => Buffer.from(getRawAsset(name));

// esbuild escapes what is not ASCII, and a string of bytes is made and kept with the least effort.
const source = asset("bundle").toString("latin1");
const script = new Script(Module.wrap(source), {
  filename: "baton-codecov.cjs",
  // Node checks that the cache belongs to this very version; if not, it is not used.
  cachedData: asset(roleOf(process.argv)),
});
script.runInThisContext()({}, createRequire(process.execPath), {}, process.execPath, process.cwd());
