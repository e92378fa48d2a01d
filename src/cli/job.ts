import type { LaunchedConnector } from "#host/launch.ts";
import { launchConnector } from "#host/launch.ts";
import type { Span, Tracer } from "#kernel/trace.ts";
import { buildChildCommand } from "./child-command.ts";
import type { Invocation } from "./command.ts";
import type { Output } from "./output.ts";
import type { Settings } from "./settings.ts";
import type { SignalWatch } from "./signals.ts";

/** One run of the program as its own host. */
export interface Job {
  readonly invocation: Invocation;
  readonly settings: Settings;
  readonly output: Output;
  readonly signals: SignalWatch;
  /** Absent unless traces are collected. */
  readonly tracer: Tracer | undefined;
  /** The run as a whole in its trace; a service has a trace for each task instead. */
  readonly span?: Span | undefined;
}

/** Starts the connector process of this program: the same program once more, with the same settings. */
export function startConnector({ invocation, output, signals, span }: Job): Promise<LaunchedConnector> {
  const { live, log, childFlags } = output;
  return launchConnector(buildChildCommand(invocation.parsed, invocation.env, childFlags), {
    log,
    signal: signals.signal,
    span,
    ...(live === undefined ? {} : { onStderr: (chunk: Buffer) => live.writeAbove(chunk) }),
  });
}
