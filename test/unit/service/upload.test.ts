import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { uploadFile } from "#service/upload.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "baton-upload-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** Uploads so many random bytes to a C1 that fails as often as told. */
async function upload(size: number, failures = 0) {
  const content = randomBytes(size);
  const path = join(directory, `asset-${size}`);
  await writeFile(path, content);
  const clock = new ManualClock();
  const attempts: number[][] = [];
  let received = Buffer.alloc(0);
  const c1 = {
    async uploadAsset(_taskId: string, chunks: () => AsyncIterable<Buffer>, checksum: Buffer): Promise<void> {
      const parts: Buffer[] = [];
      for await (const chunk of chunks()) parts.push(chunk);
      attempts.push(parts.map(({ length }) => length));
      if (attempts.length <= failures) throw new BatonError(Code.Unavailable, `failure ${attempts.length}`);
      received = Buffer.concat(parts);
      expect(checksum).toEqual(createHash("sha256").update(content).digest());
    },
  };
  const { signal } = new AbortController();
  const ctx = { signal, clock, log: silentLogger };
  await uploadFile(c1, "task", path, ctx);
  return { attempts, isWhole: received.equals(content), sleeps: clock.sleeps };
}

test.each([
  [0, []],
  [1, [1]],
  [524_288, [524_288]],
  [524_289, [524_288, 1]],
  [847_937, [524_288, 323_649]],
])("%i bytes are sent in pieces of %j", async (size, pieces) => {
  const { attempts, isWhole, sleeps } = await upload(size);
  expect(attempts).toEqual([pieces]);
  expect(isWhole).toBe(true);
  expect(sleeps).toEqual([]);
});

test("a failed upload is begun anew from the first byte, at once and then after a second", async () => {
  const { attempts, isWhole, sleeps } = await upload(600_000, 2);
  expect(attempts).toEqual([1, 2, 3].map(() => [524_288, 75_712]));
  expect(isWhole).toBe(true);
  expect(sleeps).toEqual([0, 1_000]);
});

test("the third failure is final", async () => {
  await expect(upload(10, 3)).rejects.toThrow("failure 3");
});
