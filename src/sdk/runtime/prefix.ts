import { BatonError } from "#kernel/errors.ts";

/** Runs `work`; an error of it that is meant for people says first, as in Go connectors, what failed. */
export async function withPrefix<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BatonError ? error.prefixed(prefix) : error;
  }
}
