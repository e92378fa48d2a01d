import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";
import { openC1z } from "#store/c1z-file.ts";
import { user } from "../sample-rows.ts";

/**
 * Adds syncs to the file `argv[2]` for ever, a growing one at a time, and prints how many the file must hold
 * by now after each save. Meant to be killed.
 */
const [path = "", tempDir] = process.argv.slice(2);
const file = await openC1z(path, { clock: systemClock, log: silentLogger, tempDir });
for (let round = file.runs.list().length; ; round += 1) {
  const { id } = file.runs.start("full");
  file.writer(id).putResources(Array.from({ length: 200 }, (_, index) => user(`user-${round}-${index}`)));
  file.runs.end(id);
  await file.runs.removeOlder(id, { keepFullSyncs: 3 }, new AbortController().signal);
  await file.save();
  process.stdout.write(`${id}\n`);
}
