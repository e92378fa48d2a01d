import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { always, answer, endlessly, page, type Reply, startHostileCodecov } from "../support/codecov.ts";
import { syncInVain, TOKEN, useGoodFile } from "../support/runs.ts";
import { thorough } from "../support/thorough.ts";

const good = useGoodFile();

const MIB = 1024 * 1024;
const CHUNKED = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
const EMPTY = page([]);

/** An ordinary run takes 125 MiB; lists in each other are dearest. */
const MOST_MIB = 400;

/** What a server says, and the code with which the program ends. */
type Case = readonly [string, Reply, Code];

const reply = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Reply =>
  always(answer(body, { headers }));
const status = (code: number, body = '{"detail":"no"}'): Reply => always(answer(body, { status: code }));
const raw = (text: string): Reply => always(Buffer.from(text, "latin1"), "end");

/** One byte each tenth of a second. */
const slowly =
  (text: string): Reply =>
  async (socket) => {
    for (const byte of text) {
      if (socket.destroyed) return;
      socket.write(byte);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

const ENDLESS: readonly Case[] = [
  [
    "a body of 10 GB",
    endlessly("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n", Buffer.alloc(MIB, 0x20)),
    Code.ResourceExhausted,
  ],
  [
    "a body without an end",
    endlessly("HTTP/1.1 200 OK\r\n\r\n", Buffer.alloc(MIB, 0x20)),
    Code.ResourceExhausted,
  ],
  [
    "chunks without an end",
    endlessly(CHUNKED, `10000\r\n${" ".repeat(0x10000)}\r\n`),
    Code.ResourceExhausted,
  ],
  [
    "a chunk extension without an end",
    endlessly(`${CHUNKED}1;`, "a=b;".repeat(10_000)),
    Code.DeadlineExceeded,
  ],
  [
    "headers without an end",
    endlessly("HTTP/1.1 200 OK\r\n", `x-a: ${"a".repeat(1_000)}\r\n`.repeat(10)),
    Code.FailedPrecondition,
  ],
  [
    "one header without an end",
    endlessly("HTTP/1.1 200 OK\r\nx-a: ", "a".repeat(10_000)),
    Code.FailedPrecondition,
  ],
  [
    "trailers without an end",
    endlessly(`${CHUNKED}0\r\n`, `x-a: ${"a".repeat(1_000)}\r\n`.repeat(10)),
    Code.FailedPrecondition,
  ],
  [
    "hints without an end",
    endlessly("", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(100)),
    Code.DeadlineExceeded,
  ],
  ["a reason without an end", endlessly("HTTP/1.1 200 ", "a".repeat(10_000)), Code.DeadlineExceeded],
];

const SILENCE: readonly Case[] = [
  [
    "headers that come slowly",
    slowly(`HTTP/1.1 200 OK\r\n${"x-a: b\r\n".repeat(100)}`),
    Code.DeadlineExceeded,
  ],
  [
    "a body that comes slowly",
    slowly(`HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${" ".repeat(1_000)}`),
    Code.DeadlineExceeded,
  ],
  ["silence", () => undefined, Code.DeadlineExceeded],
];

const FRAMING: readonly Case[] = [
  ["a body in gzip", reply(gzipSync(EMPTY), { "content-encoding": "gzip" }), Code.FailedPrecondition],
  [
    "a bomb in gzip",
    reply(gzipSync(Buffer.alloc(64 * MIB)), { "content-encoding": "gzip" }),
    Code.FailedPrecondition,
  ],
  ["an unknown coding", reply(EMPTY, { "content-encoding": "x-none" }), Code.FailedPrecondition],
  [
    "two lengths",
    raw(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n${EMPTY}`),
    Code.FailedPrecondition,
  ],
  [
    "a length and chunks",
    raw(`${CHUNKED.slice(0, -2)}content-length: 5\r\n\r\n0\r\n\r\n`),
    Code.FailedPrecondition,
  ],
  [
    "a negative length",
    raw(`HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n${EMPTY}`),
    Code.FailedPrecondition,
  ],
  [
    "a length of 30 digits",
    raw(`HTTP/1.1 200 OK\r\ncontent-length: ${"9".repeat(30)}\r\n\r\n${EMPTY}`),
    Code.FailedPrecondition,
  ],
  ["less than its length", raw(`HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n${EMPTY}`), Code.Unavailable],
  ["a chunk of no length", raw(`${CHUNKED}zz\r\n${EMPTY}\r\n0\r\n\r\n`), Code.FailedPrecondition],
  ["a chunk of 2^64 bytes", raw(`${CHUNKED}10000000000000000\r\n${EMPTY}`), Code.FailedPrecondition],
  ["chunks that are cut off", raw(`${CHUNKED}ff\r\n${EMPTY}`), Code.Unavailable],
  ["HTTP/0.9", raw(EMPTY), Code.FailedPrecondition],
  ["the hello of TLS", raw("\x16\x03\x03\x00\x7a\x02"), Code.FailedPrecondition],
  ["a connection that is closed at once", (socket) => void socket.destroy(), Code.Unavailable],
  [
    "a header with a bare line feed",
    raw(`HTTP/1.1 200 OK\r\nx: a\nb\r\ncontent-length: 2\r\n\r\n{}`),
    Code.FailedPrecondition,
  ],
  [
    "a NUL in a header",
    raw("HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}"),
    Code.FailedPrecondition,
  ],
];

const STATUSES: readonly Case[] = [
  ["status 000", status(0), Code.FailedPrecondition],
  ["status 101", status(101), Code.FailedPrecondition],
  ["status 204", raw("HTTP/1.1 204 No Content\r\n\r\n"), Code.Unknown],
  ["status 206", status(206, EMPTY), Code.Unknown],
  ["status 304", raw("HTTP/1.1 304 Not Modified\r\n\r\n"), Code.FailedPrecondition],
  ["status 407", status(407), Code.FailedPrecondition],
  ["status 418", status(418), Code.InvalidArgument],
  ["status 501", status(501), Code.Unimplemented],
  ["status 999", status(999), Code.Unavailable],
  ["status 9999", raw("HTTP/1.1 9999 What\r\n\r\n"), Code.FailedPrecondition],
];

const CONTENTS: readonly Case[] = [
  ["nothing", reply(""), Code.Unavailable],
  ["null", reply("null"), Code.FailedPrecondition],
  ["a list", reply("[]"), Code.FailedPrecondition],
  ["a text", reply('"hello"'), Code.FailedPrecondition],
  ["a web page", reply("<!doctype html><title>Sign in</title>"), Code.FailedPrecondition],
  ["a million brackets", reply("[".repeat(1_000_000)), Code.Unavailable],
  [
    "a million lists in each other",
    reply("[".repeat(1_000_000) + "]".repeat(1_000_000)),
    Code.FailedPrecondition,
  ],
  ["a count of 1e400", reply('{"count":1e400,"next":null,"results":[]}'), Code.FailedPrecondition],
  ["a count below zero", reply('{"count":-1,"next":null,"results":[]}'), Code.FailedPrecondition],
  ["a count as a text", reply('{"count":"1","next":null,"results":[]}'), Code.FailedPrecondition],
  ["only __proto__", reply('{"__proto__":{"count":1,"next":null,"results":[]}}'), Code.FailedPrecondition],
  ["Latin-1", reply(Buffer.from('{"count":0,"next":"é","results":[]}', "latin1")), Code.Unavailable],
  ["UTF-16", reply(Buffer.from(EMPTY, "utf16le")), Code.Unavailable],
  ["comments and commas", reply('{"count":0,/* none */"next":null,"results":[],}'), Code.Unavailable],
  ["NaN", reply('{"count":NaN,"next":null,"results":[]}'), Code.Unavailable],
  [
    "the token in an error",
    status(403, JSON.stringify({ detail: `not with ${TOKEN}` })),
    Code.PermissionDenied,
  ],
  ["an error of 2 MB", status(403, JSON.stringify({ detail: "x".repeat(2 * MIB) })), Code.PermissionDenied],
];

async function expectToFail(answers: Reply, expected: Code): Promise<void> {
  await using codecov = await startHostileCodecov(answers);
  // Only what has to run into the limit gets a short one, so that a busy machine does not turn others into time-outs.
  const seconds = expected === Code.DeadlineExceeded ? 1 : 20;
  const { code, peakMiB } = await syncInVain(good.path, codecov.origin, [
    `--http-timeout-seconds=${seconds}`,
  ]);
  expect(code).toBe(expected);
  expect(peakMiB).toBeLessThan(MOST_MIB);
}

const TITLE = "%s ends a sync with its code, and changes no file";

/** What may pass is asked for again, for a quarter of a minute. */
const isWaitedFor = ([, , code]: Case) => code === Code.Unavailable || code === Code.DeadlineExceeded;

describe.each([
  ["framing", FRAMING],
  ["status", STATUSES],
  ["content", CONTENTS],
  ["silence", SILENCE],
  ["without an end", ENDLESS.filter(isWaitedFor)],
])("%s", (_kind, cases) => {
  const check = ([, answers, expected]: Case) => expectToFail(answers, expected);
  test.concurrent.for(cases.filter((each) => !isWaitedFor(each)))(TITLE, check);
  thorough.concurrent.for(cases.filter(isWaitedFor))(TITLE, check);
});

// Those who send without an end would slow each other down.
test.for(ENDLESS.filter((each) => !isWaitedFor(each)))(TITLE, ([, answers, expected]) =>
  expectToFail(answers, expected),
);

test("a body in chunks of one byte takes hardly more memory than another", async () => {
  const body = `${CHUNKED}${"1\r\n \r\n".repeat(1_000_000)}2\r\n[]\r\n0\r\n\r\n`;
  await using codecov = await startHostileCodecov(always(body));
  const { code, peakMiB } = await syncInVain(good.path, codecov.origin);
  expect(code).toBe(Code.FailedPrecondition);
  expect(peakMiB).toBeLessThan(250);
});
