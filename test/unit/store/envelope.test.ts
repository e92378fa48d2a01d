import { readFile, writeFile } from "node:fs/promises";
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { readDecodeLimits } from "#files/decode-limits.ts";
import { Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { user } from "./sample-rows.ts";
import { catchError, makeTestFile, type TestFile } from "./support.ts";

const MAGIC = Buffer.from("C1ZF\0", "latin1");
const SKIPPABLE = Buffer.from("502a4d180400000061626364", "hex");
const EMPTY_FRAME = zstdCompressSync(Buffer.alloc(0));

/** The database of a file with one finished sync of three users. */
async function makeDatabase(target: TestFile): Promise<Buffer> {
  const file = await target.open();
  const { id } = file.runs.start("full");
  file.writer(id).putResources([user("a"), user("b"), user("c")]);
  file.runs.end(id);
  await file.save();
  await file.close();
  return zstdDecompressSync((await readFile(target.path)).subarray(MAGIC.length));
}

async function countUsers(path: string, limits = readDecodeLimits({})): Promise<number> {
  const file = await openC1zReadOnly(path, { limits });
  onTestFinished(() => file.close());
  return file.reader(file.runs.pick().id).count("resources");
}

/** As Go hosts before 0.25 wrote it: a stream of unknown length. */
async function compressUndeclared(data: Buffer, params: Record<number, number> = {}): Promise<Buffer> {
  const stream = createZstdCompress({ params });
  stream.end(data);
  return Buffer.concat(await stream.toArray());
}

describe("a file is read", () => {
  const cases: Record<string, (database: Buffer) => Promise<Buffer> | Buffer> = {
    "without a declared size and without a checksum": (database) => compressUndeclared(database),
    "with a checksum": (database) => compressUndeclared(database, { [constants.ZSTD_c_checksumFlag]: 1 }),
    "with a window of exactly 128 MiB": (database) =>
      compressUndeclared(database, { [constants.ZSTD_c_windowLog]: 27 }),
    "in two frames": (database) =>
      Buffer.concat([
        zstdCompressSync(database.subarray(0, 16_384)),
        zstdCompressSync(database.subarray(16_384)),
      ]),
    "with empty and skippable frames before, between and behind": (database) =>
      Buffer.concat([
        SKIPPABLE,
        EMPTY_FRAME,
        zstdCompressSync(database.subarray(0, 10_000)),
        SKIPPABLE,
        zstdCompressSync(database.subarray(10_000)),
        EMPTY_FRAME,
        SKIPPABLE,
      ]),
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    const target = await makeTestFile();
    const database = await makeDatabase(target);
    await writeFile(target.path, Buffer.concat([MAGIC, (await cases[name]?.(database)) ?? EMPTY_FRAME]));
    expect(await countUsers(target.path)).toBe(3);
  });

  test.each([
    ["the magic alone", MAGIC],
    ["an empty frame", Buffer.concat([MAGIC, EMPTY_FRAME])],
    ["a skippable frame", Buffer.concat([MAGIC, SKIPPABLE])],
    ["nothing", Buffer.alloc(0)],
  ])("that holds %s, as a store without syncs", async (_what, content) => {
    const target = await makeTestFile();
    await writeFile(target.path, content);
    expect((await target.open()).runs.list()).toEqual([]);
  });
});

describe("a file is refused and stays untouched", () => {
  const damaged: Record<string, (file: Buffer) => Buffer> = {
    "that is cut off in its last frame": (file) => file.subarray(0, file.length - 5),
    "that is cut off in its checksum": (file) => file.subarray(0, file.length - 1),
    "that is cut off in its header": (file) => file.subarray(0, 8),
    "with text behind the last frame": (file) => Buffer.concat([file, Buffer.from("garbage")]),
    "with zeros behind the last frame": (file) => Buffer.concat([file, Buffer.alloc(64)]),
    "with one byte behind the last frame": (file) => Buffer.concat([file, Buffer.from([0])]),
    "with a cut-off skippable frame behind": (file) => Buffer.concat([file, SKIPPABLE.subarray(0, 10)]),
    "with a changed checksum": (file) =>
      Buffer.concat([file.subarray(0, -1), Buffer.from([(file.at(-1) ?? 0) ^ 1])]),
    "with a changed byte in its middle": (file) => {
      const copy = Buffer.from(file);
      const middle = Math.floor(file.length / 2);
      copy[middle] = (copy[middle] ?? 0) ^ 0xff;
      return copy;
    },
    "with text in a frame": () =>
      Buffer.concat([MAGIC, zstdCompressSync("this is no database, however long it may be".repeat(50))]),
    "with text behind the magic": () => Buffer.concat([MAGIC, Buffer.from("no frame at all")]),
  };
  test.each(Object.keys(damaged))("%s: it is damaged", async (name) => {
    const target = await makeTestFile();
    await makeDatabase(target);
    const content = damaged[name]?.(await readFile(target.path)) ?? EMPTY_FRAME;
    await writeFile(target.path, content);
    for (const attempt of [() => openC1zReadOnly(target.path), () => target.open()]) {
      const error = await catchError(attempt);
      expect(error.code).toBe(Code.DataLoss);
      expect(error.message).toContain(target.path);
    }
    expect(Buffer.compare(await readFile(target.path), content)).toBe(0);
    expect(await target.leftovers()).toEqual([]);
  });

  test.each(["SQLite format 3\0", "PK\u0003\u0004", "C1Z", "C1ZG\0 with a later magic"])(
    "%j: it is no .c1z file",
    async (content) => {
      const target = await makeTestFile();
      await writeFile(target.path, content);
      const error = await catchError(() => target.open());
      expect(error).toMatchObject({ code: Code.InvalidArgument, kind: "configuration" });
      expect(error.message).toContain(target.path);
      expect(await readFile(target.path, "utf8")).toBe(content);
    },
  );

  test("that needs a larger window than allowed", async () => {
    const target = await makeTestFile();
    const database = await makeDatabase(target);
    const frame = await compressUndeclared(database, { [constants.ZSTD_c_windowLog]: 24 });
    await writeFile(target.path, Buffer.concat([MAGIC, frame]));
    const error = await catchError(() =>
      countUsers(target.path, readDecodeLimits({ BATON_DECODER_MAX_MEMORY_MB: "8" })),
    );
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.message).toContain("BATON_DECODER_MAX_MEMORY_MB");
    expect(await countUsers(target.path, readDecodeLimits({ BATON_DECODER_MAX_MEMORY_MB: "16" }))).toBe(3);
  });

  test.each([
    { what: "declares", declared: true },
    { what: "turns out to hold", declared: false },
  ])("that $what more than the allowed size", async ({ declared }) => {
    const target = await makeTestFile();
    const content = Buffer.alloc(2 * 1024 * 1024);
    const frame = declared ? zstdCompressSync(content) : await compressUndeclared(content);
    await writeFile(target.path, Buffer.concat([MAGIC, frame]));
    const limits = readDecodeLimits({ BATON_DECODER_MAX_DECODED_SIZE_MB: "1" });
    const error = await catchError(() => countUsers(target.path, limits));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.message).toContain("BATON_DECODER_MAX_DECODED_SIZE_MB");
    expect(await target.leftovers()).toEqual([]);
  });
});
