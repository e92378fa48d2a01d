import type { Logger } from "#kernel/logger.ts";

/** Makes the listener for promises that fail while nobody waits for them: a reason to tell, none to end. */
export function reportForgottenPromises(log: Logger): (error: unknown) => void {
  return (error) => log.error("a promise failed that nobody waits for", { error, stack: stackOf(error) });
}

/** The stack of what was thrown, if it has one. */
export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
