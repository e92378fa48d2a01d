import { BatonError } from "#kernel/errors.ts";

/** The BatonError that a promise is rejected with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<BatonError> {
  const error: unknown = await work.then(
    (value) => new Error(`expected an error, got ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof BatonError) return error;
  throw error;
}
