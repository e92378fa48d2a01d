import { BatonError, Code } from "#kernel/errors.ts";

/** Exit codes of a program that a signal ended, as shells count them. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type EndSignal = keyof typeof EXIT_CODES;

/** Turns SIGINT and SIGTERM into an orderly end; a second one ends the program at once. */
export interface SignalWatch {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Exit code that tells which signal came; undefined if none did. */
  exitCode(): number | undefined;
  /** Gives the signals back their usual meaning. */
  stop(): void;
}

export function watchSignals(): SignalWatch {
  const controller = new AbortController();
  let caught: EndSignal | undefined;
  const handle = (name: EndSignal) => {
    if (caught !== undefined) process.exit(EXIT_CODES[name]);
    caught = name;
    controller.abort(new BatonError(Code.Canceled, `interrupted by ${name}`));
  };
  const onInterrupt = () => handle("SIGINT");
  const onTerminate = () => handle("SIGTERM");
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  return {
    signal: controller.signal,
    exitCode: () => (caught === undefined ? undefined : EXIT_CODES[caught]),
    stop() {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
    },
  };
}
