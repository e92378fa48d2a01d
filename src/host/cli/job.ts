import { hostSecrets } from "#config/sdk-constraints.ts";
import type { Metrics } from "#kernel/metrics.ts";
import type { Span, Tracer } from "#kernel/trace.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import { launchConnectorThread } from "#launch/launch-thread.ts";
import { buildChildCommand } from "./child-command.ts";
import type { Invocation } from "./command.ts";
import type { Identity } from "./identity.ts";
import type { Settings } from "./load-settings.ts";
import type { Output } from "./output.ts";
import type { SignalWatch } from "./signals.ts";
import { takeThread } from "./thread.ts";

/** One run of the program as its own host. */
export interface Job {
  readonly invocation: Invocation;
  readonly settings: Settings;
  readonly output: Output;
  readonly signals: SignalWatch;
  readonly identity: Identity;
  readonly metrics: Metrics;
  /** Absent unless traces are collected. */
  readonly tracer: Tracer | undefined;
  /** The run as a whole in its trace; a service has a trace for each task instead. */
  readonly span?: Span | undefined;
}

/**
 * Starts the connector for one run of the program: in a thread, which is there sooner than a process and needs
 * less memory. The run is over if it fails, so there is nothing that a process of its own would save.
 */
export function startConnector(job: Job): Promise<LaunchedConnector> {
  const {
    command: { words, env },
    options,
  } = describeChild(job);
  return launchConnectorThread({ worker: takeThread(), args: words, env }, options);
}

/** Starts the connector as a process of its own, the way other hosts do: its end is not the end of this program. */
export async function startConnectorProcess(job: Job): Promise<LaunchedConnector> {
  const { command, options } = describeChild(job);
  const { launchConnector } = await import("#launch/launch.ts");
  return await launchConnector(command, options);
}

function describeChild({ invocation, output, signals, span }: Job) {
  const { live, log, childFlags } = output;
  const withheld = invocation.definition.needsClientSecret === true ? [] : hostSecrets;
  return {
    command: buildChildCommand(invocation.parsed, invocation.env, childFlags, withheld),
    options: {
      log,
      signal: signals.signal,
      span,
      ...(live === undefined ? {} : { onStderr: (chunk: Buffer) => live.writeAbove(chunk) }),
    },
  };
}
