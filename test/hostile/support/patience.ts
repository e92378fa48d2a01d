import { availableParallelism, loadavg } from "node:os";

/**
 * Milliseconds within which somebody who keeps to the rules is served, whatever the others do: two seconds, and on a
 * machine that has other things to do as many times longer as it has processes for each of its cores.
 */
export function promptMs(): number {
  const [load = 0] = loadavg();
  return 2_000 * Math.max(1, load / availableParallelism());
}
