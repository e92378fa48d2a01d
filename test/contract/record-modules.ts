/**
 * Preloaded into a program, see `node --import`: when one of its threads ends, writes which files of ours and which
 * packages it has loaded to `$RECORD_MODULES/<thread>.json`.
 */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const root = fileURLToPath(new URL("../..", import.meta.url));
const loaded = new Set<string>();
registerHooks({
  load: (url, context, next) => {
    if (url.startsWith("file:")) {
      const path = fileURLToPath(url).slice(root.length);
      loaded.add(/^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path);
    }
    return next(url, context);
  },
});
process.on("exit", () => {
  const file = join(process.env["RECORD_MODULES"] ?? ".", `${isMainThread ? "main" : "connector"}.json`);
  writeFileSync(file, JSON.stringify([...loaded].toSorted()));
});
