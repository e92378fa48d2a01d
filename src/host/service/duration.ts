import type { Duration } from "#gen/google/protobuf/duration.ts";

/** Milliseconds of a duration; 0 if there is none. */
export function toMilliseconds(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
