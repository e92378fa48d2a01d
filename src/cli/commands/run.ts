import { usageError } from "#config/arguments.ts";
import type { Invocation } from "../command.ts";
import { openOutput } from "../output.ts";
import { findForeignSettings, loadConnectorConfig, loadSettings, type Settings } from "../settings.ts";
import { watchSignals } from "../signals.ts";

/** The program without a subcommand: takes tasks from C1, does one thing on demand, or syncs. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  // The connector process loads these too; what is wrong with them is better said before it starts.
  loadConnectorConfig(invocation, settings);
  refuseForeignSettings(invocation, settings);
  const isService = settings.sdk.clientId !== undefined;
  const output = openOutput(invocation, settings, isService ? "log" : "screen");
  const signals = watchSignals();
  const job = { invocation, settings, output, signals };
  try {
    if (isService) {
      const { serveC1 } = await import("../service.ts");
      return await serveC1(job);
    }
    const { findTask, runTask } = await import("../on-demand.ts");
    const task = findTask(settings.sdk);
    if (task !== undefined) return await runTask(task, job);
    const { sync } = await import("../sync.ts");
    return await sync(job);
  } catch (error) {
    const exitCode = signals.exitCode();
    if (exitCode === undefined) throw error;
    output.live?.clear();
    output.log.warn("interrupted", { error });
    return exitCode;
  } finally {
    output.live?.clear();
    signals.stop();
  }
}

function refuseForeignSettings({ definition }: Invocation, settings: Settings): void {
  const [foreign] = findForeignSettings(settings);
  if (foreign !== undefined) throw usageError(`--${foreign} is not supported by ${definition.name}`);
  const engine = settings.sdk.storageEngine ?? "sqlite";
  if (engine === "sqlite") return;
  throw usageError(`--storage-engine: value must be one of [sqlite], not "${engine}"`);
}
