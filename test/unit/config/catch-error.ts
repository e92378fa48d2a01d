import { BatonError } from "#kernel/errors.ts";

/** The error that `run` throws; a run without one is a failure. */
export function catchError(run: () => unknown): BatonError {
  try {
    run();
  } catch (error) {
    if (error instanceof BatonError) return error;
    throw error;
  }
  throw new Error("expected an error");
}
