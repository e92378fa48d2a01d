import { readFileSync } from "node:fs";

/** Whether {@link peakMiB} can tell anything here. */
export const canMeasure = process.platform === "linux";

/** The most memory that a process has had at any time, in MiB of resident pages; 0 where the system does not tell. */
export function peakMiB(pid: number | undefined): number {
  return canMeasure ? readKiB(pid, "VmHWM") / 1024 : 0;
}

/** The memory of a process at this moment, in the same unit. */
export function nowMiB(pid: number | undefined): number {
  return canMeasure ? readKiB(pid, "VmRSS") / 1024 : 0;
}

function readKiB(pid: number | undefined, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
}

/** Prints a figure beside the name of its test, so that a report can quote it. */
export function tell(what: string, figure: string): void {
  process.stderr.write(`    ${what}: ${figure}\n`);
}
