import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { C1Client } from "./c1-client.ts";

/** C1 takes up to 1 MiB in one message; Go connectors send half of that. */
const CHUNK_BYTES = 512 * 1024;

/** Waits before the second and the third attempt, in milliseconds. */
const RETRY_WAITS_MS = [0, 1_000];

/**
 * Uploads a file as an asset of a task. A failed upload is begun again from the first byte.
 *
 * @throws BatonError of the last attempt.
 */
export async function uploadFile(
  c1: Pick<C1Client, "uploadAsset">,
  taskId: string,
  path: string,
  ctx: CallContext,
): Promise<void> {
  const checksum = await hashFile(path);
  const content = () => readChunks(path);
  const pause = (_error: BatonError, attempt: number): number | undefined => {
    ctx.signal.throwIfAborted();
    return RETRY_WAITS_MS[attempt - 1];
  };
  await repeat({ what: "uploading to C1", layer: "platform", pause }, ctx, () =>
    c1.uploadAsset(taskId, content, checksum, ctx.signal),
  );
}

async function hashFile(path: string): Promise<Buffer> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest();
}

async function* readChunks(path: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    if (!Buffer.isBuffer(chunk)) throw new BatonError(Code.Internal, `${path} was not read as bytes`);
    yield chunk;
  }
}
