import { isGiven } from "#config/load.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { systemClock } from "#kernel/clock.ts";
import { STDOUT } from "#kernel/descriptor.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import { describeReason } from "#kernel/system-error.ts";
import { LogTarget, standardError } from "#telemetry/log-target.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import type { Telemetry } from "#telemetry/open-telemetry.ts";
import type { Invocation } from "./command.ts";
import type { Identity } from "./identity.ts";
import { LiveLine } from "./live-line.ts";
import { parseDebugEnd, type Settings } from "./load-settings.ts";
import { refuseLogFiles } from "./refuse-log-files.ts";
import { terminal } from "./standard-output.ts";

/** Where a run reports what it is doing. */
export interface Output {
  readonly log: Logger;
  /** Whether results are printed for people on standard output. */
  readonly forPeople: boolean;
  /** Whether a terminal shows what a run has done beside the log, which went elsewhere or contains less. */
  readonly tellsPeople: boolean;
  /** For people at a terminal; absent elsewhere, the log then says it all. */
  readonly live: LiveLine | undefined;
  /** Flags that make a connector log in the same way. */
  readonly childFlags: Readonly<Record<string, string>>;
}

/**
 * At a terminal: lines for people, one live line, and unless a level was asked for only warnings and
 * errors. Elsewhere: JSON lines on standard error, or in the files that `--log-path` names.
 *
 * @param identity what the run reads; every line names it
 * @param use a program that runs for long is followed by its log, at a terminal as well
 */
export function openOutput(
  invocation: Invocation,
  settings: Settings,
  identity: Identity,
  use: "screen" | "log",
  telemetry: Telemetry | undefined,
): Output {
  refuseLogFiles(invocation, settings);
  const { redactor } = invocation;
  const { sdk, sources, warnings } = settings;
  const format = sdk.logFormat ?? (process.stdout.isTTY ? "console" : "json");
  const live =
    use === "screen" && format === "console" && canRedraw(invocation) && sdk.logPath.length === 0
      ? new LiveLine(terminal, () => systemClock.monotonic())
      : undefined;
  const level = live !== undefined && !isGiven(sdkFields.logLevel, sources) ? "warn" : sdk.logLevel;
  const write = live === undefined ? undefined : (line: string) => live.writeAbove(line);
  const targets = sdk.logPath.length === 0 ? undefined : sdk.logPath.map(openTarget);
  const options = { level, format, redactor, debugUntil: parseDebugEnd(sdk), targets, write };
  telemetry?.reportTo(createLogger(options).with(identity));
  const log = createLogger({ ...options, mirror: telemetry?.mirror }).with(identity);
  for (const warning of warnings) log.warn(warning);
  return {
    log,
    forPeople: format === "console",
    live,
    tellsPeople: live !== undefined || (process.stderr.isTTY && sdk.logPath.length > 0),
    childFlags: { "log-format": format, "log-level": level },
  };
}

/** Whether standard error is a terminal that knows escape sequences; Emacs and others say that theirs does not. */
function canRedraw({ env }: Invocation): boolean {
  return process.stderr.isTTY && env["TERM"] !== "dumb";
}

/** Opens a file of `--log-path`; `stderr` and `stdout` are those streams. */
function openTarget(path: string): LogTarget {
  if (path === "stdout") return new LogTarget(path, STDOUT);
  if (path === "stderr") return standardError();
  try {
    return LogTarget.open(path);
  } catch (error) {
    const reason = describeReason(error);
    throw new BatonError(Code.Unknown, `--log-path: cannot write to ${path}: ${reason}; name another file`, {
      kind: "configuration",
      cause: error,
    });
  }
}
