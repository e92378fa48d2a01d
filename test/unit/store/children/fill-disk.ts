import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { replaceFile } from "#files/replace-file.ts";
import { systemClock } from "#kernel/clock.ts";
import { BatonError } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { openC1z } from "#store/c1z-file.ts";
import { encodeEnvelope } from "#store/envelope.ts";
import { user } from "../sample-rows.ts";

/**
 * Writes more than the process may, into the working copy or into the output file, and prints the error
 * this ends with. Started with a limit on the size of files, which the system reports as it reports a
 * full disk.
 */
const [where, path = "", scratch = ""] = process.argv.slice(2);

async function fillWorkingCopy(): Promise<void> {
  await using file = await openC1z(path, { clock: systemClock, log: silentLogger, tempDir: scratch });
  const { id } = file.runs.start("full");
  const writer = file.writer(id);
  try {
    for (;;) {
      writer.putResources(Array.from({ length: 500 }, () => user(randomBytes(100).toString("hex"))));
    }
  } catch (error) {
    // What was stored before the disk was full is still there: whole batches only.
    process.stdout.write(`${file.reader(id).count("resources") % 500}\n`);
    throw error;
  }
}

/** Compresses `scratch`, which the one who started this has filled, into the output. */
async function fillOutput(): Promise<void> {
  const { size } = await stat(scratch);
  await replaceFile({ path, content: "c1z", action: `save ${path}` }, (target) =>
    encodeEnvelope(scratch, size, target),
  );
}

try {
  await (where === "output" ? fillOutput() : fillWorkingCopy());
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  process.stdout.write(`${error.code} ${error.message}\n`);
}
