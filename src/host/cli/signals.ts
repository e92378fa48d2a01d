import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { isatty } from "node:tty";
import { STDERR, STDIN, STDOUT } from "#kernel/descriptor.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** Exit codes of a program that a signal ended, as shells count them. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type EndSignal = keyof typeof EXIT_CODES;
const END_SIGNALS: readonly EndSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an orderly end. A second SIGINT or SIGTERM ends the program at once; SIGHUP does
 * not, because a terminal that is closed sends it once by the system and once by the shell.
 */
export interface SignalWatch {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Exit code for the signal that came; undefined if none did. */
  exitCode(): number | undefined;
  /**
   * Exit code of a program that runs until it is stopped: 0 for SIGINT and SIGTERM, which stop it; 129 for SIGHUP,
   * which says that its terminal was lost.
   */
  exitCodeOfService(): number;
  /** Gives the signals back their usual meaning. */
  stop(): void;
}

/** Watches the signals that end a program. Nothing is done about a SIGHUP that was meant to be ignored. */
export function watchSignals(): SignalWatch {
  const controller = new AbortController();
  const ignoresHangUp = wasStartedToOutliveTerminal();
  let caught: EndSignal | undefined;
  const handle = (name: EndSignal): void => {
    if (name === "SIGHUP" && (ignoresHangUp || caught !== undefined)) return;
    if (caught !== undefined) process.exit(EXIT_CODES[name]);
    caught = name;
    controller.abort(new BatonError(Code.Canceled, `interrupted by ${name}`));
  };
  for (const name of END_SIGNALS) process.on(name, handle);
  return {
    signal: controller.signal,
    exitCode: () => (caught === undefined ? undefined : EXIT_CODES[caught]),
    exitCodeOfService: () => (caught === "SIGHUP" ? EXIT_CODES.SIGHUP : 0),
    stop() {
      for (const name of END_SIGNALS) process.off(name, handle);
    },
  };
}

/**
 * Whether the program was started so that it has nothing to do with a terminal, as `nohup` does: no standard stream is
 * one, and nothing can be read. That `nohup` lets SIGHUP be ignored cannot be seen, because Node sets all signals back
 * when it starts.
 */
function wasStartedToOutliveTerminal(): boolean {
  return ![STDIN, STDOUT, STDERR].some((descriptor) => isatty(descriptor)) && isStdinEmpty();
}

/** Whether standard input is the empty device or closed. */
function isStdinEmpty(): boolean {
  const empty = statSync(devNull, { throwIfNoEntry: false });
  try {
    const stdin = fstatSync(STDIN);
    return stdin.isCharacterDevice() && stdin.rdev === empty?.rdev;
  } catch {
    return true;
  }
}
