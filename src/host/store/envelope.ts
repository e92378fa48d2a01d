import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { MAGIC_V1, MAGIC_V3 } from "#files/c1z-magic.ts";
import { type DecodeLimits, MAX_FRAMES } from "#files/decode-limits.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { findZstdFrames, TooManyFramesError, type ZstdFrame, ZstdFrameError } from "./zstd-frames.ts";

/** Fewer and larger chunks mean fewer trips to the thread pool. */
const CHUNK_BYTES = 256 * 1024;
/** What is compressed takes up one buffer of this size, see {@link readChunks}. */
const READ_BYTES = 1024 * 1024;
/**
 * The fastest. The next ones take half as much time again and make large files no smaller; the highest save a
 * quarter of the size for many times the time.
 */
const COMPRESSION_LEVEL = 1;
/** Largest window that other readers accept, as a power of two (128 MiB). */
const MAX_WINDOW_LOG = 27;

/**
 * Decodes the file `path` into the empty file behind `target` and returns how many bytes it held. Zero means
 * that the file is empty, or an envelope around nothing: a store without syncs.
 *
 * @param inspect sees the file that was decoded as it is, also if another one has taken its name meanwhile
 * @throws BatonError FailedPrecondition for a v3 file, InvalidArgument for what is not a `.c1z` file at all,
 *   DataLoss for a damaged one, ResourceExhausted beyond a limit.
 */
export async function decodeEnvelope(
  path: string,
  target: FileHandle,
  limits: DecodeLimits,
  signal?: AbortSignal,
  inspect?: (source: FileHandle) => Promise<void>,
): Promise<number> {
  const source = await open(path, "r");
  try {
    const { size } = await source.stat();
    if (size === 0) return 0;
    const magic = Buffer.alloc(MAGIC_V1.length);
    await source.read(magic, 0, magic.length, 0);
    checkMagic(magic, path);
    const frames = findFrames(source.fd, size, path);
    checkLimits(frames, limits, path);
    let decoded = 0;
    for (const frame of frames) {
      decoded = await decodeFrame({ path, frame, target, decoded, maxBytes: limits.maxDecodedBytes }, signal);
    }
    await inspect?.(source);
    return decoded;
  } finally {
    await source.close();
  }
}

/**
 * Writes the closed database file `databasePath` into `target` as a complete v1 file: one frame that declares its
 * size and carries a checksum. Returns the bytes written.
 */
export async function encodeEnvelope(
  databasePath: string,
  databaseBytes: number,
  target: FileHandle,
): Promise<number> {
  await target.writeFile(MAGIC_V1);
  let written = MAGIC_V1.length;
  const compressor = createZstdCompress({
    chunkSize: CHUNK_BYTES,
    // A database of another size than announced fails, which is one more check of what is written.
    pledgedSrcSize: databaseBytes,
    params: {
      [constants.ZSTD_c_compressionLevel]: COMPRESSION_LEVEL,
      [constants.ZSTD_c_checksumFlag]: 1,
      [constants.ZSTD_c_contentSizeFlag]: 1,
    },
  });
  await pipeline(readChunks(databasePath), compressor, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      await target.writeFile(chunk);
      written += chunk.length;
    }
  });
  return written;
}

/**
 * The content of a file in one buffer that is used again and again: new ones would add up before they are freed.
 * A chunk is larger than what a compressor queues, so it is used up before the next one is asked for.
 */
async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  await using file = await open(path, "r");
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function checkMagic(magic: Buffer, path: string): void {
  if (magic.equals(MAGIC_V1)) return;
  if (magic.equals(MAGIC_V3)) {
    throw new BatonError(
      Code.FailedPrecondition,
      `${path} was written in the newer v3 (Pebble) format, which this program can neither read nor extend; ` +
        "it was left untouched. Choose another output file, or let the Go connector write a new one with --storage-engine sqlite",
      { kind: "configuration" },
    );
  }
  throw new BatonError(
    Code.InvalidArgument,
    `${path} is not a .c1z file and was left untouched; choose another file name`,
    { kind: "configuration" },
  );
}

function findFrames(fd: number, size: number, path: string): ZstdFrame[] {
  try {
    return findZstdFrames(fd, MAGIC_V1.length, size);
  } catch (error) {
    if (error instanceof ZstdFrameError) throw damaged(path, error.message, error);
    if (error instanceof TooManyFramesError) throw tooManyFrames(path, error);
    throw error;
  }
}

function checkLimits(frames: readonly ZstdFrame[], limits: DecodeLimits, path: string): void {
  const windowBytes = frames.reduce((widest, frame) => Math.max(widest, frame.windowBytes), 0);
  if (windowBytes > Math.min(limits.maxWindowBytes, 2 ** MAX_WINDOW_LOG)) {
    throw overLimit(
      path,
      `decoding it takes a window of ${windowBytes} bytes`,
      limits.maxWindowBytes,
      "BATON_DECODER_MAX_MEMORY_MB",
    );
  }
  const declaredBytes = frames.reduce((sum, frame) => sum + (frame.contentBytes ?? 0), 0);
  if (limits.checkDeclaredSize && declaredBytes > limits.maxDecodedBytes) {
    throw tooLarge(path, limits.maxDecodedBytes);
  }
}

interface FrameToDecode {
  readonly path: string;
  readonly frame: ZstdFrame;
  readonly target: FileHandle;
  /** Bytes decoded from earlier frames. */
  readonly decoded: number;
  readonly maxBytes: number;
}

/** Appends one frame's content and returns the bytes decoded so far. */
async function decodeFrame(
  { path, frame, target, decoded: before, maxBytes }: FrameToDecode,
  signal?: AbortSignal,
): Promise<number> {
  const source = createReadStream(path, {
    start: frame.start,
    end: frame.end - 1,
    highWaterMark: CHUNK_BYTES,
  });
  const decompressor = createZstdDecompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
  });
  let decoded = before;
  try {
    await pipeline(
      source,
      decompressor,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          decoded += chunk.length;
          if (decoded > maxBytes) throw tooLarge(path, maxBytes);
          await target.writeFile(chunk);
        }
      },
      signal === undefined ? {} : { signal },
    );
  } catch (error) {
    if (isDecompressionError(error)) throw damaged(path, "its compressed content does not decode", error);
    throw error;
  }
  return decoded;
}

function isDecompressionError(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^Z(STD)?_/.test(error.code)
  );
}

function damaged(path: string, problem: string, cause: unknown): BatonError {
  return new BatonError(
    Code.DataLoss,
    `${path} is damaged: ${problem}. It was left untouched; restore it from a copy, or sync into a new file`,
    { cause, kind: "configuration" },
  );
}

function tooManyFrames(path: string, cause: unknown): BatonError {
  return new BatonError(
    Code.ResourceExhausted,
    `${path} is refused: it consists of more than ${MAX_FRAMES} compressed parts, where one is usual. ` +
      "It was left untouched; restore it from a copy, or sync into a new file",
    { cause, kind: "configuration" },
  );
}

function tooLarge(path: string, maxBytes: number): BatonError {
  return overLimit(
    path,
    "its database is larger than allowed",
    maxBytes,
    "BATON_DECODER_MAX_DECODED_SIZE_MB",
  );
}

function overLimit(path: string, problem: string, limit: number, variable: string): BatonError {
  return new BatonError(
    Code.ResourceExhausted,
    `${path} is refused: ${problem} (limit ${limit} bytes); if you trust the file, raise ${variable}`,
    { kind: "configuration" },
  );
}
