import { connect, constants } from "node:http2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { message } from "../support/grpc.ts";
import { callHeaders, Flag, frame, PREFACE, RawConnection, Type } from "../support/http2.ts";
import { expectUnharmed, startServe, type Target } from "../support/servers.ts";

let target: Target;
beforeAll(async () => {
  target = await startServe();
});
afterAll(() => target[Symbol.asyncDispose]());

/** Most pieces that a connection can bring before it is stopped, some 200 bytes each. */
const MOST_MIB = 60;

const OPENING = Buffer.concat([PREFACE, frame(Type.settings, Flag.none, 0)]);

/** A message of 4 MB, of which only the head is there. */
const HEAD = message(Buffer.alloc(0), 0, 4_000_000);

test("a request in frames of one byte takes no memory to speak of", async () => {
  const bytes = Buffer.concat(Array(1_000).fill(frame(Type.data, Flag.none, 1, Buffer.of(0))));
  const attack = async () => {
    const connection = new RawConnection(target.port);
    await connection.write(
      Buffer.concat([
        OPENING,
        frame(Type.headers, Flag.endHeaders, 1, callHeaders()),
        frame(Type.data, Flag.none, 1, HEAD),
      ]),
    );
    for (let sent = 0; sent < 500_000; sent += 1_000) if (!(await connection.write(bytes))) break;
    // For what is still on its way.
    await connection.ends(1_500);
    connection.destroy();
  };
  await expectUnharmed(target, attack, MOST_MIB);
});

test("nor do calls that wait to be read", async () => {
  const calls = Array.from({ length: 64 }, (_, index) => 2 * index + 1);
  const attack = async () => {
    const connection = new RawConnection(target.port);
    const begin = calls.map((stream) => frame(Type.headers, Flag.endHeaders, stream, callHeaders()));
    await connection.write(Buffer.concat([OPENING, ...begin]));
    for (const stream of calls) {
      // As much as the window of a stream allows.
      const bytes = Buffer.concat(Array(60_000).fill(frame(Type.data, Flag.none, stream, Buffer.of(0))));
      if (!(await connection.write(Buffer.concat([frame(Type.data, Flag.none, stream, HEAD), bytes])))) break;
    }
    // For what is still on its way.
    await connection.ends(1_500);
    connection.destroy();
  };
  await expectUnharmed(target, attack, MOST_MIB);
});

test("a request in a thousand pieces of a byte is refused, and one in four hundred is not", async () => {
  expect(await send(400)).toBe("answered");
  expect(await send(1_000)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
});

/** Sends a request in pieces of one byte; gives the reason if it was broken off. */
function send(pieces: number): Promise<"answered" | number | undefined> {
  const session = connect(`http://127.0.0.1:${target.port}`).on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": "/c1.connector.v2.ConnectorService/Validate",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const { promise, resolve } = Promise.withResolvers<"answered" | number | undefined>();
  stream
    .on("response", () => resolve("answered"))
    .on("error", () => undefined)
    .on("close", () => resolve(stream.rstCode))
    .resume();
  stream.write(message(Buffer.alloc(0), 0, pieces));
  // What is written at once goes into one frame.
  const next = (left: number) => {
    if (left === 0) stream.end();
    else stream.write(Buffer.of(0), () => next(left - 1));
  };
  next(pieces);
  return promise.finally(() => session.destroy());
}
