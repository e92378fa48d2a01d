import type { Job } from "./job.ts";
import type { SdkConfig } from "./settings.ts";

export type Task = (job: Job) => Promise<number>;

/** The one thing that the flags ask for instead of a sync; the first match in the order of Go connectors counts. */
export function findTask(_sdk: SdkConfig): Task | undefined {
  return undefined;
}
