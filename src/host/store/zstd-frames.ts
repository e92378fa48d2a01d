import { readSync } from "node:fs";
import { MAX_FRAMES } from "#files/decode-limits.ts";

/** One data frame inside a file. */
export interface ZstdFrame {
  /** Byte offsets in the file; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** Memory its decoder needs. */
  readonly windowBytes: number;
  /** Decoded size, if the frame declares it. */
  readonly contentBytes: number | undefined;
}

/** Says where a sequence of frames is malformed. */
export class ZstdFrameError extends Error {
  override readonly name = "ZstdFrameError";
}

/** A file consists of more frames than {@link MAX_FRAMES}. */
export class TooManyFramesError extends Error {
  override readonly name = "TooManyFramesError";
}

/** What is read at once: many tiny blocks take one read, and large ones cost no more than before. */
const READ_BYTES = 4_096;
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/**
 * Finds the data frames in `[start, end)` of an open file by their headers (RFC 8878) and leaves out
 * skippable ones. Node's decoders differ between versions in what they do after the first frame (some stop
 * there in silence), so each frame is handed to a decoder of its own.
 *
 * @throws ZstdFrameError if the bytes end inside a frame or anything follows the last one; TooManyFramesError.
 */
export function findZstdFrames(fd: number, start: number, end: number): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  const bytes = new FileBytes(fd, end);
  let found = 0;
  for (let at = start; at < end; ) {
    found += 1;
    if (found > MAX_FRAMES) throw new TooManyFramesError();
    const magic = bytes.readUnsigned(at, 4);
    if (magic === FRAME_MAGIC) {
      const frame = measureFrame(bytes, at);
      frames.push(frame);
      at = frame.end;
    } else if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUnsigned(at + 4, 4);
    } else {
      throw new ZstdFrameError(`no zstd frame begins at byte ${at}`);
    }
    if (at > end) throw new ZstdFrameError("it ends in the middle of a frame");
  }
  return frames;
}

function measureFrame(bytes: FileBytes, start: number): ZstdFrame {
  const descriptor = bytes.readUnsigned(start + 4, 1);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  let at = start + 5;

  const windowDescriptor = isSingleSegment ? 0 : bytes.readUnsigned(at, 1);
  if (!isSingleSegment) at += 1;
  at += [0, 1, 2, 4][descriptor & 0x03] ?? 0;

  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  const contentBytes =
    sizeBytes === 0 ? undefined : bytes.readUnsigned(at, sizeBytes) + (sizeFlag === 1 ? 256 : 0);
  at += sizeBytes;

  const windowBase = 2 ** (10 + (windowDescriptor >>> 3));
  const windowBytes = isSingleSegment
    ? (contentBytes ?? 0)
    : windowBase + (windowBase / 8) * (windowDescriptor & 0x07);

  for (let isLast = false; !isLast; ) {
    const header = bytes.readUnsigned(at, 3);
    const type = (header >>> 1) & 0x03;
    if (type === BLOCK_RESERVED) throw new ZstdFrameError(`the block at byte ${at} is of an unknown type`);
    isLast = (header & 0x01) === 1;
    at += 3 + (type === BLOCK_RLE ? 1 : header >>> 3);
  }
  return { start, end: at + (hasChecksum ? 4 : 0), windowBytes, contentBytes };
}

/** Little-endian numbers of a file. */
class FileBytes {
  readonly #fd: number;
  readonly #end: number;
  readonly #buffer = Buffer.alloc(READ_BYTES);
  /** Where in the file the buffer begins, and how much of it is filled. */
  #start = 0;
  #length = 0;

  constructor(fd: number, end: number) {
    this.#fd = fd;
    this.#end = end;
  }

  readUnsigned(position: number, length: number): number {
    if (position + length > this.#end) throw new ZstdFrameError("it ends in the middle of a frame");
    if (position < this.#start || position + length > this.#start + this.#length) this.#fill(position);
    const at = position - this.#start;
    if (at + length > this.#length) throw new ZstdFrameError("it became shorter while it was read");
    if (length === 8) return Number(this.#buffer.readBigUInt64LE(at));
    return this.#buffer.readUIntLE(at, length);
  }

  #fill(position: number): void {
    this.#start = position;
    this.#length = readSync(this.#fd, this.#buffer, 0, READ_BYTES, position);
  }
}
