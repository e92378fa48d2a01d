import type { LaunchedConnector } from "#host/launch.ts";
import { launchConnector } from "#host/launch.ts";
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
}

/** Starts the connector process of this program: the same program once more, with the same settings. */
export function startConnector({ invocation, output, signals }: Job): Promise<LaunchedConnector> {
  const { live, log, childFlags } = output;
  return launchConnector(buildChildCommand(invocation.parsed, invocation.env, childFlags), {
    log,
    signal: signals.signal,
    ...(live === undefined ? {} : { onStderr: (chunk: Buffer) => live.writeAbove(chunk) }),
  });
}
