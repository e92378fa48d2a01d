import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from "node:http2";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { StreamResourcesRequest } from "#gen/baton/stream/v1/stream.ts";
import { Code } from "#kernel/errors.ts";
import type { ResourceSyncer } from "#runtime/connector.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { makePerson, ToyConnector } from "../../fakes/toy-connector.ts";
import { startToyServer, type ToyServer, type ToyServerOptions } from "../../fakes/toy-server.ts";

const open: (() => void)[] = [];
let server: ToyServer | undefined;

afterEach(async () => {
  for (const close of open.splice(0)) close();
  await server?.end();
  server = undefined;
});

async function start(options: ToyServerOptions = {}): Promise<number> {
  server = await startToyServer(options);
  return server.port;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  open.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

function dialHttp2(port: number): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  open.push(() => session.destroy());
  return session;
}

function request(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
    { endStream: false },
  );
  stream.on("error", () => undefined);
  return stream;
}

function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The gRPC status of a call that sends one message. */
async function call(port: number, path: string, message: Uint8Array): Promise<number> {
  const session = dialHttp2(port);
  const stream = request(session, path);
  stream.resume();
  stream.end(frame(message));
  return await statusOf(stream);
}

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const see = (headers: { readonly "grpc-status"?: unknown }) => {
    if (headers["grpc-status"] !== undefined) resolve(Number(headers["grpc-status"]));
  };
  stream.on("response", see);
  stream.on("trailers", see);
  stream.once("close", () => reject(new Error("the call ended without a status")));
  return promise;
}

const VALIDATE = "/c1.connector.v2.ConnectorService/Validate";
const STREAM = "/baton.stream.v1.ResourceStreamService/StreamResources";
const REFLECT = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const PEOPLE = StreamResourcesRequest.encode(
  StreamResourcesRequest.fromPartial({ resourceTypeId: "person" }),
).finish();
const EMPTY = new Uint8Array();

test("a thousand connections that say nothing keep nobody out", async () => {
  const port = await start();
  await Promise.all(Array.from({ length: 1000 }, () => dial(port)));
  expect(await call(port, VALIDATE, EMPTY)).toBe(Code.Ok);
});

test("a connection that says nothing is closed after ten seconds", async () => {
  const clock = new ManualClock(0, (ms) => ms !== 30_000);
  const socket = await dial(await start({ clock }));
  await once(socket, "close");
});

test("a call whose request does not come ends after half a minute, and its connection is kept", async () => {
  const clock = new ManualClock(0, (ms) => ms !== 10_000);
  const session = dialHttp2(await start({ clock }));
  expect(await statusOf(request(session, VALIDATE))).toBe(Code.DeadlineExceeded);
  expect(await statusOf(request(session, VALIDATE))).toBe(Code.DeadlineExceeded);
});

test("a flood of calls without a message on one connection keeps nobody out", async () => {
  const port = await start();
  const flood = dialHttp2(port);
  await once(flood, "remoteSettings");
  for (let index = 0; index < 2000; index += 1) request(flood, VALIDATE);
  expect(await call(port, VALIDATE, EMPTY)).toBe(Code.Ok);
});

test("a message that is too large is refused, and so is one that only claims to be", async () => {
  const port = await start();
  expect(await call(port, VALIDATE, new Uint8Array(5 * 1024 * 1024))).toBe(Code.ResourceExhausted);
  const stream = request(dialHttp2(port), VALIDATE);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(0xff_ff_ff_ff, 1);
  stream.write(head);
  stream.resume();
  expect(await statusOf(stream)).toBe(Code.ResourceExhausted);
});

test("a reflection request that is none ends its call with an error", async () => {
  const port = await start();
  expect(await call(port, REFLECT, Uint8Array.of(0x0a, 0xff))).toBe(Code.Internal);
});

describe("a caller that does not read a stream", () => {
  /** A company with pages of 1000 people, and how many of them were listed. */
  function makeBigCompany(pages = 100) {
    const connector = new ToyConnector(0);
    const listed = { pages: 0 };
    const list: ResourceSyncer["list"] = async (_parent, { pageToken }) => {
      const page = Number(pageToken);
      listed.pages += 1;
      return {
        items: Array.from({ length: 1000 }, (_, row) => makePerson(`person-${page}-${row}`)),
        nextPageToken: page + 1 < pages ? String(page + 1) : "",
      };
    };
    connector.syncers = connector.syncers.map((syncer) =>
      syncer.resourceType.id === "person" ? { resourceType: syncer.resourceType, list } : syncer,
    );
    return { connector, listed };
  }

  /** Opens a stream of people and leaves it unread. */
  async function leaveUnread(session: ClientHttp2Session): Promise<ClientHttp2Stream> {
    const stream = request(session, STREAM);
    stream.end(frame(PEOPLE));
    await once(stream, "response");
    return stream;
  }

  test("gets no more than it can hold, and others are served", async () => {
    const { connector, listed } = makeBigCompany();
    const port = await start({ connector });
    await leaveUnread(dialHttp2(port));
    for (let index = 0; index < 20; index += 1) expect(await call(port, VALIDATE, EMPTY)).toBe(Code.Ok);
    expect(listed.pages).toBe(1);
  });

  test("is given up after five minutes", async () => {
    const { connector, listed } = makeBigCompany();
    const clock = new ManualClock(0, (ms) => ms !== 10_000 && ms !== 30_000);
    const stream = await leaveUnread(dialHttp2(await start({ connector, clock })));
    stream.resume();
    expect(await statusOf(stream)).toBe(Code.DeadlineExceeded);
    expect(clock.sleeps).toContain(300_000);
    expect(listed.pages).toBe(1);
  });

  test("keeps one of 32 places until it goes", async () => {
    const port = await start({ connector: makeBigCompany(4).connector });
    const streams: ClientHttp2Stream[] = [];
    const session = dialHttp2(port);
    for (let index = 0; index < 32; index += 1) streams.push(await leaveUnread(session));
    expect(await call(port, STREAM, PEOPLE)).toBe(Code.ResourceExhausted);
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all(streams.map((stream) => once(stream, "close")));
    expect(await call(port, STREAM, PEOPLE)).toBe(Code.Ok);
  });
});
