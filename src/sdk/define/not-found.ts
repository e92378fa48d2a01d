import { BatonError, Code } from "#kernel/errors.ts";

/**
 * Hosts take `NotFound` from a listing for "this one is gone", and succeed without its rows. When an upstream returns 404
 * for a listing, only the address is wrong.
 */
export function failAsListing(error: unknown): never {
  if (!isNotFound(error)) throw error;
  throw new BatonError(Code.FailedPrecondition, error.message, { cause: error, kind: error.kind });
}

/** Whether an error says that a resource is gone, and reading the resource confirms it. */
export async function isGone(error: unknown, get: (() => Promise<unknown>) | undefined): Promise<boolean> {
  if (get === undefined || !isNotFound(error)) return false;
  try {
    return (await get()) === undefined;
  } catch (second) {
    if (isNotFound(second)) return true;
    throw second;
  }
}

function isNotFound(error: unknown): error is BatonError {
  return error instanceof BatonError && error.code === Code.NotFound;
}
