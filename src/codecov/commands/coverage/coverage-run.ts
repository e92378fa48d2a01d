import type { Invocation } from "#cli/command.ts";
import { run as report } from "./coverage-report.ts";
import { syncCoverage } from "./coverage-sync.ts";

/** `coverage`: reads coverage into the store and shows it. What failed to be read does not keep the rest from being shown. */
export async function run(invocation: Invocation): Promise<number> {
  let isStored = false;
  const finish = async (): Promise<void> => {
    isStored = true;
  };
  try {
    const exitCode = await syncCoverage(invocation, finish);
    return isStored ? await report(invocation) : exitCode;
  } catch (error) {
    if (isStored) await report(invocation);
    throw error;
  }
}
