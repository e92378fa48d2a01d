import type { Duration } from "#gen/google/protobuf/duration.ts";
import { Timestamp } from "#gen/google/protobuf/timestamp.ts";

export { Timestamp };

/** Epoch milliseconds as a timestamp; a fraction of a millisecond is kept to the microsecond. */
export function toTimestamp(epochMs: number): Timestamp {
  const micros = Math.round(epochMs * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  return Timestamp.fromPartial({ seconds: BigInt(seconds), nanos: (micros - seconds * 1_000_000) * 1000 });
}

/** Epoch milliseconds of a timestamp, with a fraction where it is finer. */
export function fromTimestamp(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + timestamp.nanos / 1_000_000;
}

/** Milliseconds of a duration, with a fraction where it is finer; 0 if there is none. */
export function toMilliseconds(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}
