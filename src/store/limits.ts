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
