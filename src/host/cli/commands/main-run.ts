import { usageError } from "#config/arguments.ts";
import { foreignFields } from "#config/foreign-fields.ts";
import { readDecodeLimits } from "#files/decode-limits.ts";
import { readRetentionPolicy } from "#store/retention.ts";
import type { Invocation } from "../command.ts";
import { findForeignSettings, loadConnectorConfig, loadSettings, type Settings } from "../load-settings.ts";
import { runJob, traceJob } from "../run-job.ts";
import { dropThread } from "../thread.ts";

/** The program without a subcommand: takes tasks from C1, does one thing on demand, or syncs. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  // In this order: what is wrong with the connector's settings comes first.
  loadConnectorConfig(invocation, settings);
  refuseForeignSettings(invocation, settings);
  checkVariables(invocation);
  const isService = settings.sdk.clientId !== undefined;
  return await runJob(invocation, settings, isService ? "log" : "screen", async (job) => {
    if (isService) {
      dropThread();
      const { serveC1 } = await import("../service-mode.ts");
      return await serveC1(job);
    }
    const { findTask, runTask } = await import("../on-demand/on-demand.ts");
    const task = findTask(settings.sdk, invocation.definition);
    if (task !== undefined) return await traceJob("task", job, (traced) => runTask(task, traced));
    const { sync } = await import("../sync-with-progress.ts");
    return await traceJob("sync", job, sync);
  });
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
