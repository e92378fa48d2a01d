import { afterAll, beforeAll, expect, test } from "vitest";
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
import { expectUnharmed, startServe, type Target } from "../support/servers.ts";

let target: Target;
beforeAll(async () => {
  target = await startServe();
});
afterAll(() => target[Symbol.asyncDispose]());

const SETTINGS = frame(Type.settings, Flag.none, 0);
const HEADERS = frame(Type.headers, Flag.endHeaders, 1, callHeaders());

/** What an attacker sends behind preface and settings. */
const AFTER_SETTINGS: readonly [string, Buffer][] = [
  ["data on stream 0", frame(Type.data, Flag.none, 0, Buffer.alloc(5))],
  ["data on a stream that is not open", frame(Type.data, Flag.none, 7, Buffer.alloc(5))],
  ["headers on stream 0", frame(Type.headers, Flag.endHeaders, 0, callHeaders())],
  ["headers on an even stream", frame(Type.headers, Flag.endHeaders, 2, callHeaders())],
  ["a continuation of nothing", frame(Type.continuation, Flag.endHeaders, 1, callHeaders())],
  [
    "another frame within headers",
    Buffer.concat([
      frame(Type.headers, Flag.none, 1, callHeaders()),
      frame(Type.ping, Flag.none, 0, Buffer.alloc(8)),
    ]),
  ],
  ["settings of 5 bytes", frame(Type.settings, Flag.none, 0, Buffer.alloc(5))],
  ["settings on a stream", frame(Type.settings, Flag.none, 1, setting(4, 100))],
  ["an acknowledgement with content", frame(Type.settings, Flag.ack, 0, setting(4, 100))],
  ["a window beyond 2^31", frame(Type.settings, Flag.none, 0, setting(4, 0xff_ff_ff_ff))],
  ["frames of at most 0 bytes", frame(Type.settings, Flag.none, 0, setting(5, 0))],
  ["push set to 2", frame(Type.settings, Flag.none, 0, setting(2, 2))],
  ["a ping of 7 bytes", frame(Type.ping, Flag.none, 0, Buffer.alloc(7))],
  ["a ping on a stream", frame(Type.ping, Flag.none, 1, Buffer.alloc(8))],
  ["a window that grows by 0", frame(Type.window, Flag.none, 0, uint32(0))],
  ["a window that overflows", frame(Type.window, Flag.none, 0, uint32(0x7f_ff_ff_ff))],
  ["a reset of a stream that never was", frame(Type.reset, Flag.none, 9, uint32(8))],
  ["a reset of 3 bytes", Buffer.concat([HEADERS, frame(Type.reset, Flag.none, 1, Buffer.alloc(3))])],
  ["a pushed stream", frame(Type.push, Flag.endHeaders, 1, Buffer.concat([uint32(2), callHeaders()]))],
  ["a frame of 16 MB", Buffer.concat([Buffer.from("ffffff000000000001", "hex"), Buffer.alloc(20_000)])],
  ["more padding than content", frame(Type.headers, Flag.endHeaders | Flag.padded, 1, Buffer.of(200, 1, 2))],
  ["an index that no table has", frame(Type.headers, Flag.endHeaders, 1, Buffer.of(0xff, 0xff, 0xff, 0x0f))],
  ["a header that is cut off", frame(Type.headers, Flag.endHeaders, 1, Buffer.of(0x00, 0x7f))],
  ["a table of 4 GB", frame(Type.headers, Flag.endHeaders, 1, Buffer.from("3fe1ffffff0f", "hex"))],
  ["a farewell of 3 bytes", frame(Type.goAway, Flag.none, 0, Buffer.alloc(3))],
];

const WHOLE: readonly [string, Buffer][] = [
  ["a request of HTTP/1.1", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["the hello of TLS", Buffer.from("160301020001000100", "hex")],
  ["noise", Buffer.alloc(4096, 0xa5)],
  ["zeros", Buffer.alloc(4096)],
  ["another preface", Buffer.from("PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n")],
  ["a preface and no settings", Buffer.concat([PREFACE, HEADERS])],
  ["a preface and text", Buffer.concat([PREFACE, Buffer.from("hello, is anybody there?")])],
];

test.each([
  ...WHOLE,
  ...AFTER_SETTINGS.map(([what, bytes]): [string, Buffer] => [
    what,
    Buffer.concat([PREFACE, SETTINGS, bytes]),
  ]),
])("a connection that opens with %s is ended", async (_what, bytes) => {
  await expectUnharmed(target, async () => {
    const connection = new RawConnection(target.port);
    await connection.write(bytes);
    expect(await connection.ends(5_000)).toBe(true);
  });
});

test("headers that make no sense end their stream or their connection, and nothing else", async () => {
  const blocks = [
    header(":method", "POST"),
    callHeaders(header(":path", "/twice")),
    callHeaders(header("Upper-Case", "x")),
    callHeaders(header("connection", "close")),
    callHeaders(header("x\0y", "z")),
    callHeaders(header("content-length", "-1")),
    callHeaders(header(":unknown", "x")),
  ];
  await expectUnharmed(target, async () => {
    for (const block of blocks) {
      const connection = new RawConnection(target.port);
      await connection.write(
        Buffer.concat([PREFACE, SETTINGS, frame(Type.headers, Flag.endHeaders | Flag.end, 1, block)]),
      );
      await connection.ends(50);
      connection.destroy();
    }
  });
});
