import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { message, type RawCall, rawCall } from "../support/grpc.ts";
import { expectUnharmed, startServe, type Target } from "../support/servers.ts";

let target: Target;
beforeAll(async () => {
  target = await startServe();
});
afterAll(() => target[Symbol.asyncDispose]());

const MIB = 1024 * 1024;
const LIST = "/c1.connector.v2.ResourcesService/ListResources";
const GRANT = "/c1.connector.v2.GrantManagerService/Grant";
const INVOKE = "/c1.connector.v2.ActionService/InvokeAction";

/** A field with content of a length (protobuf wire type 2). */
function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** Arguments of an action: a list that holds a list that holds a list, and so on. */
function nestedArguments(depth: number): Buffer {
  // `list_value` of a Value is 6, `values` of a ListValue 1. Lengths grow from the inside, so this is made backwards.
  const heads: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level += 1) {
    const head = Buffer.concat([varint((level % 2 === 0 ? 1 : 6) * 8 + 2), varint(length)]);
    heads.push(head);
    length += head.length;
  }
  const value = Buffer.concat(heads.toReversed());
  const entry = Buffer.concat([field(1, Buffer.from("a")), field(2, value)]);
  return Buffer.concat([field(1, Buffer.from("greet")), field(2, field(1, entry))]);
}

/** A request, and the status that it gets; two where it depends on what is faster. */
type Case = readonly [string, RawCall, ...(number | undefined)[]];

const bytes = (...values: readonly number[]): RawCall => ({ body: [message(Buffer.from(values))] });
const list = (content: Uint8Array): RawCall => ({ path: LIST, body: [message(content)] });

const CONTENTS: readonly Case[] = [
  ["5 MB", { body: [message(Buffer.alloc(5 * MIB))] }, Code.ResourceExhausted],
  [
    "a declared size of 4 GB",
    { body: [message(Buffer.alloc(10), 0, 0xff_ff_ff_ff)], end: false },
    Code.ResourceExhausted,
  ],
  ["less than it declares", { body: [message(Buffer.alloc(10), 0, 100)] }, Code.Unimplemented],
  ["three bytes of a head", { body: [Buffer.alloc(3)] }, Code.Unimplemented],
  ["no message at all", { body: [] }, Code.Unimplemented],
  ["a second message", { body: [message(Buffer.alloc(0)), message(Buffer.alloc(0))] }, Code.Unimplemented],
  ["a field that is cut off", list(Buffer.of(0x0a, 0x7f, 0x61)), Code.Internal],
  ["a length of 4 GB", list(Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)), Code.Internal],
  ["a number of 20 bytes", list(Buffer.alloc(20, 0xff)), Code.Internal],
  ["field number 0", list(Buffer.of(0x02, 0x01, 0x61)), Code.InvalidArgument],
  ["an unknown wire type", list(Buffer.of(0x0f)), Code.Internal],
  ["a text that is not UTF-8", list(field(1, Buffer.of(0xff, 0xfe))), Code.NotFound],
  ["the end of a group that did not begin", bytes(0x54), Code.Ok],
  ["a group without an end", bytes(0xfb, 0x3f), Code.Internal],
  [
    "100,000 groups in each other",
    { body: [message(Buffer.alloc(200_000, Buffer.of(0xfb, 0x3f)))] },
    Code.Internal,
  ],
  [
    "lists in each other, 80 deep",
    { path: INVOKE, body: [message(nestedArguments(80))] },
    Code.FailedPrecondition,
  ],
  [
    "lists in each other, 200,000 deep",
    { path: INVOKE, body: [message(nestedArguments(200_000))] },
    Code.Internal,
  ],
  ["4 MB of an unknown field", { body: [message(field(1_000, Buffer.alloc(4 * MIB - 100)))] }, Code.Ok],
];

const CODINGS: readonly Case[] = [
  [
    "a bomb in gzip",
    { headers: { "grpc-encoding": "gzip" }, body: [message(gzipSync(Buffer.alloc(64 * MIB)), 1)] },
    Code.ResourceExhausted,
  ],
  [
    "a bomb in deflate",
    { headers: { "grpc-encoding": "deflate" }, body: [message(deflateSync(Buffer.alloc(64 * MIB)), 1)] },
    Code.ResourceExhausted,
  ],
  [
    "gzip that is none",
    { headers: { "grpc-encoding": "gzip" }, body: [message(Buffer.from("this is no gzip"), 1)] },
    Code.Internal,
  ],
  [
    "gzip that is cut off",
    {
      headers: { "grpc-encoding": "gzip" },
      body: [message(gzipSync(Buffer.alloc(1_000)).subarray(0, 15), 1)],
    },
    Code.Internal,
  ],
  [
    "an unknown coding",
    { headers: { "grpc-encoding": "br" }, body: [message(Buffer.alloc(10), 1)] },
    Code.Unimplemented,
  ],
  ["a mark of compression and no coding", { body: [message(Buffer.alloc(10), 1)] }, Code.Ok],
  ["flags that nobody knows", { body: [message(Buffer.alloc(0), 0xfe)] }, Code.Ok],
];

const HEADERS: readonly Case[] = [
  ["an unknown service", { path: "/a.B/C" }, Code.Unimplemented],
  ["an unknown method", { path: "/c1.connector.v2.ConnectorService/__proto__" }, Code.Unimplemented],
  ["a path of 10,000 characters", { path: `/${"a".repeat(10_000)}` }, Code.Unimplemented],
  ["a method that is switched off", { path: GRANT }, Code.InvalidArgument],
  ["another content type", { headers: { "content-type": "text/plain" } }, undefined],
  ["GET", { headers: { ":method": "GET" }, body: [] }, Code.Unimplemented],
  ["a deadline of no time", { headers: { "grpc-timeout": "0n" } }, Code.DeadlineExceeded, Code.Ok],
  ["a deadline of ten years", { headers: { "grpc-timeout": "87600H" } }, Code.Ok],
  ["the longest deadline", { headers: { "grpc-timeout": "99999999H" } }, Code.Ok],
  ["a deadline of nine digits", { headers: { "grpc-timeout": "999999999S" } }, Code.Ok],
  ["a negative deadline", { headers: { "grpc-timeout": "-1S" } }, Code.Ok],
  ["a deadline without a unit", { headers: { "grpc-timeout": "10" } }, Code.Internal],
  ["a deadline in years", { headers: { "grpc-timeout": "1Y" } }, Code.Internal],
  ["an empty deadline", { headers: { "grpc-timeout": "" } }, Code.Internal],
  ["binary metadata that is none", { headers: { "x-bin": "%%%" } }, Code.Ok],
  ["a trace that is none", { headers: { traceparent: "00-zz-zz-zz" } }, Code.Ok],
];

describe.each([
  ["content", CONTENTS],
  ["coding", CODINGS],
  ["headers", HEADERS],
])("%s", (_part, cases) => {
  test.for(cases)("a request with %s", async ([_what, call, ...expected]) => {
    await expectUnharmed(target, async () => {
      expect(expected).toContain(await rawCall(target.port, call));
    });
  });
});
