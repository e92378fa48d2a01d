import { explainUnexpected } from "#files/file-errors.ts";
import { Metrics } from "#kernel/metrics.ts";
import { endWith, traceFields } from "#kernel/trace.ts";
import type { Invocation } from "./command.ts";
import { logFailure } from "./failure.ts";
import { identify } from "./identity.ts";
import type { Job } from "./job.ts";
import { loadConnectorConfig, type Settings } from "./load-settings.ts";
import { openOutput } from "./output.ts";
import { watchSignals } from "./signals.ts";
import { tell } from "./standard-output.ts";
import { openTelemetry } from "./telemetry.ts";

/** How long the last traces and logs may take to their collector; as in Go connectors. */
const LAST_EXPORT_MS = 5_000;

/** Orchestrators give a service little time to end. */
const LAST_EXPORT_OF_SERVICE_MS = 1_000;

/**
 * Does the work of a run that asks upstream: with a log, traces and a live line, as the settings want them, and until a signal
 * ends it. A failure is logged and thrown.
 *
 * @param use `log` for a program that runs for long
 * @returns the exit code
 * @throws BatonError Unknown (exit code 2) for what is wrong with the connector's settings
 */
export async function runJob(
  invocation: Invocation,
  settings: Settings,
  use: "screen" | "log",
  work: (job: Job) => Promise<number>,
): Promise<number> {
  // The connector loads these too; what is wrong with them is better said before it starts.
  const identity = identify(invocation.definition, loadConnectorConfig(invocation, settings));
  const metrics = new Metrics();
  const telemetry = await openTelemetry(invocation, settings, { identity, metrics });
  const output = openOutput(invocation, settings, identity, use, telemetry);
  const signals = watchSignals();
  try {
    return await work({
      invocation,
      settings,
      output,
      signals,
      identity,
      metrics,
      tracer: telemetry?.tracer,
    });
  } catch (error) {
    const exitCode = signals.exitCode();
    output.live?.clear();
    if (exitCode === undefined) {
      logFailure(output, error);
      throw error;
    }
    // At a terminal the sentence below says it all.
    if (output.live === undefined) output.log.warn("interrupted", { exit_code: exitCode, error });
    tell(`${invocation.redactor.toLine(explainUnexpected(error).message)}\n`);
    return exitCode;
  } finally {
    output.live?.clear();
    signals.stop();
    await telemetry?.close(use === "log" ? LAST_EXPORT_OF_SERVICE_MS : LAST_EXPORT_MS);
  }
}

/** Runs the job as a trace of its own, if traces are collected. */
export async function traceJob(name: string, job: Job, run: (job: Job) => Promise<number>): Promise<number> {
  const span = job.tracer?.start(name);
  if (span === undefined) return await run(job);
  const log = job.output.log.with(traceFields(span));
  return await endWith(span, run({ ...job, span, output: { ...job.output, log } }));
}
