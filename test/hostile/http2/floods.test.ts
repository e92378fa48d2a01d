import { expect, test } from "vitest";
import {
  callHeaders,
  Flag,
  frame,
  header,
  PREFACE,
  RawConnection,
  setting,
  Type,
  uint32,
} from "../support/http2.ts";
import { expectUnharmed, startServe } from "../support/servers.ts";

const OPENING = Buffer.concat([PREFACE, frame(Type.settings, Flag.none, 0)]);
const CALL = frame(Type.headers, Flag.endHeaders, 1, callHeaders());

/** A header of 4,000 bytes that goes into the table, to be named with one byte each time afterwards. */
const INDEXED = header("x-large", "a".repeat(4_000), 0x40);

interface FloodCase {
  /** Sent once. */
  readonly opening?: Buffer;
  readonly count: number;
  readonly frames: (index: number) => Buffer;
  /** Whether the attacker reads what comes back. */
  readonly reads?: boolean;
  /** Whether the server has to end the connection. */
  readonly ends: boolean;
}

/** Stream numbers of a client are odd. */
const streamOf = (index: number) => 2 * index + 1;

const FLOODS: Readonly<Record<string, FloodCase>> = {
  "calls that are reset at once": {
    count: 5_000,
    frames: (index) =>
      Buffer.concat([
        frame(Type.headers, Flag.endHeaders, streamOf(index), callHeaders()),
        frame(Type.reset, Flag.none, streamOf(index), uint32(8)),
      ]),
    ends: true,
  },
  "continuations without an end": {
    opening: frame(Type.headers, Flag.none, 1, callHeaders()),
    count: 20_000,
    frames: (index) => frame(Type.continuation, Flag.none, 1, header(`x-${index}`, "a".repeat(1_000))),
    ends: true,
  },
  "empty continuations": {
    opening: frame(Type.headers, Flag.none, 1, callHeaders()),
    count: 100_000,
    frames: () => frame(Type.continuation, Flag.none, 1),
    ends: true,
  },
  settings: {
    count: 100_000,
    frames: () => frame(Type.settings, Flag.none, 0, setting(4, 65_535)),
    ends: true,
  },
  "settings, and no answer is read": {
    count: 100_000,
    frames: () => frame(Type.settings, Flag.none, 0, setting(4, 65_535)),
    reads: false,
    ends: true,
  },
  "pings, and no answer is read": {
    count: 100_000,
    frames: () => frame(Type.ping, Flag.none, 0, Buffer.alloc(8)),
    reads: false,
    ends: true,
  },
  "empty data": { opening: CALL, count: 100_000, frames: () => frame(Type.data, Flag.none, 1), ends: false },
  "frames of unknown types": {
    count: 50_000,
    frames: () => frame(0xee, 0xff, 1, Buffer.alloc(100)),
    ends: false,
  },
  "priorities of idle streams": {
    count: 50_000,
    frames: (index) => frame(Type.priority, Flag.none, streamOf(index), Buffer.from([0, 0, 0, 0, 16])),
    ends: false,
  },
  "one large header named 4,000 times in each call": {
    count: 200,
    frames: (index) => {
      const block = Buffer.concat([callHeaders(INDEXED), Buffer.alloc(4_000, 0xbe)]);
      return frame(Type.headers, Flag.endHeaders | Flag.end, streamOf(index), block);
    },
    ends: false,
  },
};

test.each(Object.keys(FLOODS))("a flood of %s costs little and keeps nobody out", async (name) => {
  const flood = FLOODS[name];
  if (flood === undefined) return;
  await using target = await startServe();
  await expectUnharmed(target, async () => {
    const connection = new RawConnection(target.port, flood.reads);
    await connection.write(Buffer.concat([OPENING, flood.opening ?? Buffer.alloc(0)]));
    for (let sent = 0; sent < flood.count; ) {
      const batch = Array.from({ length: Math.min(500, flood.count - sent) }, (_, at) =>
        flood.frames(sent + at),
      );
      sent += batch.length;
      if (!(await connection.write(Buffer.concat(batch)))) break;
    }
    if (flood.ends) expect(await connection.ends(5_000)).toBe(true);
    connection.destroy();
  });
});

test("headers of 70 kB end their call alone", async () => {
  await using target = await startServe();
  await expectUnharmed(target, async () => {
    const connection = new RawConnection(target.port);
    await connection.write(OPENING);
    await connection.write(frame(Type.headers, Flag.none, 1, callHeaders()));
    for (let part = 0; part < 5; part += 1) {
      await connection.write(frame(Type.continuation, Flag.none, 1, header(`x-${part}`, "a".repeat(14_000))));
    }
    await connection.write(frame(Type.continuation, Flag.endHeaders, 1));
    await connection.ends(200);
    connection.destroy();
  });
});
