import { type Environment, readCount, readSwitch } from "#kernel/environment.ts";

/** Bounds on what is decoded, so that a hostile or damaged file cannot fill disk or memory. */
export interface DecodeLimits {
  /** Largest database, in bytes. */
  readonly maxDecodedBytes: number;
  /** Largest compression window, in bytes. */
  readonly maxWindowBytes: number;
  /** Whether a file that declares more than `maxDecodedBytes` is refused before it is decoded. */
  readonly checkDeclaredSize: boolean;
}

const MIB = 1024 * 1024;
const DEFAULT_DECODED_MIB = 10 * 1024;
const DEFAULT_WINDOW_MIB = 128;

/**
 * Most zstd frames of one file, skippable ones included. Writers make one; each takes a decoder of its own, so
 * millions of empty ones would keep a reader busy for minutes.
 */
export const MAX_FRAMES = 10_000;

/**
 * Largest text or blob of a row, in bytes. A row came in one gRPC message, which is 4 MiB by default, and
 * decoding a message of nothing but tiny fields takes fifty times its size.
 */
export const MAX_VALUE_BYTES = 8 * MIB;

/** Largest progress token of a sync, in bytes: the one value that grows with the organization. */
export const MAX_TOKEN_BYTES = 128 * MIB;

/**
 * What is read from the database at once, in bytes, if one row is not larger. Rows have about 600 bytes, so that
 * pages of a thousand are not affected.
 */
export const MAX_PAGE_BYTES = 4 * MIB;

/**
 * What SQLite may allocate in this process, in bytes: caches take 2 MiB for each open file, the largest token and
 * its copies most of the rest. Bounds, among other things, the schema of a file with a million tables.
 */
export const MAX_SQLITE_BYTES = 512 * MIB;

/** Most tables and indexes of one file. Files have 24. */
export const MAX_SCHEMA_OBJECTS = 1_000;

/**
 * The limits of the environment, with the names and defaults of the Go programs:
 * `BATON_DECODER_MAX_DECODED_SIZE_MB` (10 GiB), `BATON_DECODER_MAX_MEMORY_MB` (128 MiB), both in MiB, and
 * `BATON_DISABLE_FCS_FAIL_FAST=1`.
 *
 * @throws BatonError Unknown if one of them makes no sense
 */
export function readDecodeLimits(env: Environment): DecodeLimits {
  return {
    maxDecodedBytes: readCount(env, "BATON_DECODER_MAX_DECODED_SIZE_MB", DEFAULT_DECODED_MIB) * MIB,
    maxWindowBytes: readCount(env, "BATON_DECODER_MAX_MEMORY_MB", DEFAULT_WINDOW_MIB) * MIB,
    checkDeclaredSize: !readSwitch(env, "BATON_DISABLE_FCS_FAIL_FAST"),
  };
}
