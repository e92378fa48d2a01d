import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { honestBut, member, page, startHostileCodecov } from "../support/codecov.ts";
import { namesIn, runMeasured, settings, useGoodFile } from "../support/runs.ts";

const good = useGoodFile();

const MAGIC = Buffer.from("C1ZF\0", "latin1");
const MIB = 1024 * 1024;

/** An ordinary run takes 125 MiB. */
const MOST_MIB = 300;

/** Makes a hostile file out of a good one. */
type Damage = (file: Buffer) => Uint8Array;

const pack = (content: Uint8Array, params: Record<number, number> = {}): Buffer =>
  Buffer.concat([MAGIC, zstdCompressSync(content, { params })]);

const unpack = (file: Buffer): Buffer => zstdDecompressSync(file.subarray(MAGIC.length));

/** Changes bytes of the database in the file. */
const inDatabase =
  (change: (db: Buffer) => unknown): Damage =>
  (file) => {
    const db = unpack(file);
    change(db);
    return pack(db);
  };

/** Changes the database in the file as somebody with other tools might. */
const sql =
  (statement: string): Damage =>
  (file) => {
    const db = new DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
    db.deserialize(unpack(file));
    db.exec(statement);
    const content = db.serialize();
    db.close();
    return pack(content);
  };

/** A frame header that declares a size and a window, and one empty block (RFC 8878, section 3.1.1). */
function declare(contentBytes: bigint, windowDescriptor: number): Buffer {
  const frame = Buffer.alloc(4 + 1 + 1 + 8 + 3);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt8(0xc0, 4);
  frame.writeUInt8(windowDescriptor, 5);
  frame.writeBigUInt64LE(contentBytes, 6);
  frame.writeUIntLE(1, 14, 3);
  return Buffer.concat([MAGIC, frame]);
}

function flip(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

const { DataLoss, FailedPrecondition, InvalidArgument, NotFound, Ok, ResourceExhausted } = Code;

/** What is done to a file, and how `report`, which reads members only, and a sync into it end. */
const CASES: readonly (readonly [string, Damage, report: number, sync: number])[] = [
  ["only the first half", (file) => file.subarray(0, file.length / 2), DataLoss, DataLoss],
  ["the last byte missing", (file) => file.subarray(0, -1), DataLoss, DataLoss],
  ["six bytes", (file) => file.subarray(0, 6), DataLoss, DataLoss],
  ["three bytes", (file) => file.subarray(0, 3), InvalidArgument, InvalidArgument],
  ["a word behind it", (file) => Buffer.concat([file, Buffer.from("more")]), DataLoss, DataLoss],
  ["another file behind it", (file) => Buffer.concat([file, file]), DataLoss, DataLoss],
  [
    "wrong first bytes",
    (file) => Buffer.concat([Buffer.from("C1ZX\0"), file.subarray(5)]),
    InvalidArgument,
    InvalidArgument,
  ],
  [
    "the beginning of a newer format",
    (file) => Buffer.concat([Buffer.from("C1Z3\0"), file.subarray(5)]),
    FailedPrecondition,
    FailedPrecondition,
  ],
  ["a bare database", unpack, InvalidArgument, InvalidArgument],
  ["an archive", () => Buffer.from("PK\u0003\u0004".padEnd(100)), InvalidArgument, InvalidArgument],
  ["noise", () => Buffer.concat([MAGIC, randomBytes(100_000)]), DataLoss, DataLoss],
  ["zeros", () => Buffer.alloc(100_000), InvalidArgument, InvalidArgument],
  ["one wrong byte in the middle", (file) => flip(file, file.length >> 1), DataLoss, DataLoss],
  ["a wrong checksum", (file) => flip(file, file.length - 1), DataLoss, DataLoss],
  [
    "a text in place of the database",
    () => pack(Buffer.from("no database ".repeat(1_000))),
    DataLoss,
    DataLoss,
  ],
  ["a bomb", () => pack(Buffer.alloc(100 * MIB)), ResourceExhausted, ResourceExhausted],
  [
    "a bomb that declares no size",
    () => pack(Buffer.alloc(100 * MIB), { [constants.ZSTD_c_contentSizeFlag]: 0 }),
    ResourceExhausted,
    ResourceExhausted,
  ],
  ["a declared size of 2^63", () => declare(2n ** 63n, 0), ResourceExhausted, ResourceExhausted],
  ["a window of 3 TB", () => declare(1n, 0xff), ResourceExhausted, ResourceExhausted],
  ["a declared size of nothing", () => declare(5n, 0), DataLoss, DataLoss],
  ["noise in place of a page", inDatabase((db) => randomBytes(4096).copy(db, 8192)), DataLoss, DataLoss],
  [
    "noise behind its first page",
    inDatabase((db) => randomBytes(db.length - 4096).copy(db, 4096)),
    DataLoss,
    DataLoss,
  ],
  ["half of its pages", (file) => pack(unpack(file).subarray(0, 20_480)), DataLoss, DataLoss],
  ["a page size of 3", inDatabase((db) => db.writeUInt16BE(3, 16)), DataLoss, DataLoss],
  ["a format of the future", inDatabase((db) => db.writeUInt16BE(0x0909, 18)), DataLoss, DataLoss],
  ["a write-ahead log that is not there", inDatabase((db) => db.writeUInt16BE(0x0202, 18)), Ok, Ok],
  ["an empty database", () => pack(new DatabaseSync(":memory:").serialize()), NotFound, Ok],
  ["garbage in place of rows", sql("UPDATE v1_resources SET data = randomblob(200)"), DataLoss, Ok],
  ["texts in place of rows", sql("UPDATE v1_grants SET data = 'a text'"), Ok, Ok],
  ["numbers in place of rows", sql("UPDATE v1_grants SET data = 5"), Ok, Ok],
  [
    "names that are not UTF-8",
    sql("UPDATE v1_resources SET external_id = CAST(x'ff' || randomblob(8) AS TEXT)"),
    Ok,
    Ok,
  ],
  [
    "grants of nobody",
    sql("DELETE FROM v1_resources WHERE resource_type_id = 'user'"),
    FailedPrecondition,
    Ok,
  ],
  ["a sync at no time", sql("UPDATE v1_sync_runs SET started_at = 'yesterday', ended_at = 'today'"), Ok, Ok],
  [
    "a sync at the end of time",
    sql("UPDATE v1_sync_runs SET ended_at = '9999-12-31 23:59:59.999999'"),
    Ok,
    Ok,
  ],
  ["bytes in place of a time", sql("UPDATE v1_sync_runs SET ended_at = x'ff'"), DataLoss, Ok],
  ["a sync without an id", sql("UPDATE v1_sync_runs SET sync_id = ''"), FailedPrecondition, Ok],
  [
    "a damaged position",
    sql("UPDATE v1_sync_runs SET ended_at = NULL, sync_token = '{\"__proto__\":[['"),
    NotFound,
    Ok,
  ],
  ["no table of grants", sql("DROP TABLE v1_grants"), Ok, Ok],
];

test.concurrent.for(CASES)("a file with %s", async ([_what, damage, report, sync]) => {
  const directory = await mkdtemp(join(tmpdir(), "hostile-"));
  try {
    const file = join(directory, "hostile.c1z");
    const temporary = join(directory, "tmp");
    await mkdir(temporary);
    const content = damage(await readFile(good.path));
    await writeFile(file, content);
    await using codecov = await startHostileCodecov(honestBut(() => page([member(0)])));
    const env = {
      ...settings(codecov.origin),
      BATON_DECODER_MAX_DECODED_SIZE_MB: "64",
      BATON_TMPDIR: temporary,
    };
    const reported = await runMeasured(["report", "-f", file], { env });
    expect(Buffer.compare(await readFile(file), content)).toBe(0);
    const synced = await runMeasured(["-f", file], { env });
    expect({ report: reported.code, sync: synced.code }).toEqual({ report, sync });
    expect(Math.max(reported.peakMiB, synced.peakMiB)).toBeLessThan(MOST_MIB);
    if (sync === Ok) expect(await namesIn(file)).toEqual(["Member 0"]);
    else expect(Buffer.compare(await readFile(file), content)).toBe(0);
    expect(await readdir(temporary)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
