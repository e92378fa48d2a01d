import { readFile, writeFile } from "node:fs/promises";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { user } from "../unit/store/sample-rows.ts";
import { makeTestFile } from "../unit/store/support.ts";

const MAGIC_BYTES = "C1ZF\0".length;
const PAGE_BYTES = 4_096;

/** Makes every page of a database that contains `text` one of no kind that there is. */
function damagePages(database: Buffer, text: string): void {
  for (let at = database.indexOf(text); at >= 0; at = database.indexOf(text, at + 1))
    database[at - (at % PAGE_BYTES)] = 0xff;
}

// SQLite's own words came out, with exit code 2.
test("damaged pages of a database are an error that says so and what to do", async () => {
  const target = await makeTestFile();
  const file = await target.open();
  const { id } = file.runs.start("full");
  file.writer(id).putResources(Array.from({ length: 500 }, (_, index) => user(`member-${index}`)));
  file.runs.end(id);
  await file.save();
  await file.close();
  const content = await readFile(target.path);
  const database = zstdDecompressSync(content.subarray(MAGIC_BYTES));
  damagePages(database, "member-250");
  await writeFile(target.path, Buffer.concat([content.subarray(0, MAGIC_BYTES), zstdCompressSync(database)]));

  await using damaged = await openC1zReadOnly(target.path);
  const reader = damaged.reader(id);
  expect(() => [...everyItem((page) => reader.listResources({}, page))]).toThrow(
    expect.objectContaining({
      code: Code.DataLoss,
      kind: "configuration",
    }),
  );
});
