import { usageError } from "#config/arguments.ts";
import { foreignFields } from "#config/foreign-fields.ts";
import { readDecodeLimits } from "#files/decode-limits.ts";
import { explainUnexpected } from "#files/file-errors.ts";
import { Metrics } from "#kernel/metrics.ts";
import { endWith, traceFields } from "#kernel/trace.ts";
import { readRetentionPolicy } from "#store/retention.ts";
import type { Invocation } from "../command.ts";
import { logFailure } from "../failure.ts";
import { identify } from "../identity.ts";
import type { Job } from "../job.ts";
import { findForeignSettings, loadConnectorConfig, loadSettings, type Settings } from "../load-settings.ts";
import { openOutput } from "../output.ts";
import { watchSignals } from "../signals.ts";
import { tell } from "../standard-output.ts";
import { openTelemetry } from "../telemetry.ts";
import { dropThread } from "../thread.ts";

/** How long the last traces and logs may take to their collector; as in Go connectors. */
const LAST_EXPORT_MS = 5_000;

/** Orchestrators give a service little time to end. */
const LAST_EXPORT_OF_SERVICE_MS = 1_000;

/** The program without a subcommand: takes tasks from C1, does one thing on demand, or syncs. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  // The connector loads these too; what is wrong with them is better said before it starts.
  const identity = identify(invocation.definition, loadConnectorConfig(invocation, settings));
  refuseForeignSettings(invocation, settings);
  checkVariables(invocation);
  const isService = settings.sdk.clientId !== undefined;
  const metrics = new Metrics();
  const telemetry = await openTelemetry(invocation, settings, { identity, metrics });
  const tracer = telemetry?.tracer;
  const output = openOutput(invocation, settings, identity, isService ? "log" : "screen", telemetry);
  const signals = watchSignals();
  const job = { invocation, settings, output, signals, tracer, identity, metrics };
  try {
    if (isService) {
      dropThread();
      const { serveC1 } = await import("../service-mode.ts");
      return await serveC1(job);
    }
    const { findTask, runTask } = await import("../on-demand/on-demand.ts");
    const task = findTask(settings.sdk, invocation.definition);
    if (task !== undefined) return await trace("task", job, (traced) => runTask(task, traced));
    const { sync } = await import("../sync-with-progress.ts");
    return await trace("sync", job, sync);
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
    await telemetry?.close(isService ? LAST_EXPORT_OF_SERVICE_MS : LAST_EXPORT_MS);
  }
}

/** Runs the job as a trace of its own, if traces are collected. */
async function trace(name: string, job: Job, run: (job: Job) => Promise<number>): Promise<number> {
  const span = job.tracer?.start(name);
  if (span === undefined) return await run(job);
  const log = job.output.log.with(traceFields(span));
  return await endWith(span, run({ ...job, span, output: { ...job.output, log } }));
}

/** The variables that are read when a file is written; what is wrong with them is not to cost a sync. */
function checkVariables({ env }: Invocation): void {
  readRetentionPolicy(env);
  readDecodeLimits(env);
}

/** `--ticketing` alone asks for nothing, it allows something; it may stand in settings for connectors of any kind. */
function refuseForeignSettings({ definition }: Invocation, settings: Settings): void {
  const [foreign] = findForeignSettings(settings).filter((name) => name !== foreignFields.ticketing.name);
  if (foreign !== undefined) throw usageError(`--${foreign} is not supported by ${definition.name}`);
}
