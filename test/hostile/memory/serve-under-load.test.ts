import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type SecureClientSessionOptions,
} from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { ResourcesServiceListResourcesRequest as ListRequest } from "#gen/c1/connector/v2/resource.ts";
import { HealthService as Health } from "#gen/grpc/health/v1/health.ts";
import { Code } from "#kernel/errors.ts";
import { CODECOV, type RunningProgram, startProgram } from "../../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../../fakes/codecov/simulator.ts";
import { TestClient } from "../../fakes/grpc-client.ts";
import { canMeasure, peakMiB, tell } from "../support/memory.ts";
import { promptMs } from "../support/patience.ts";
import { thorough } from "../support/thorough.ts";
import { portOf } from "../support/toys.ts";

/** The manifests in `deploy/` allow 512 MiB. */
const ALLOWED_MIB = 400;

const LIST = "/c1.connector.v2.ResourcesService/ListResources";
const REQUEST = Buffer.from(ListRequest.encode(ListRequest.fromPartial({ resourceTypeId: "user" })).finish());
const FOUR_MIB = 4 * 1024 * 1024;

let codecov: CodecovSimulator;
let program: RunningProgram;
let port: number;
const sessions: ClientHttp2Session[] = [];

beforeAll(async () => {
  codecov = await startCodecovSimulator({ generated: { members: 100_000, owner: "acme" } });
});
afterAll(() => codecov.close());
beforeEach(async () => {
  codecov.faults.clear();
  program = startProgram(["serve", "--listen=127.0.0.1:0", "--plaintext", "--log-format=json"], {
    program: CODECOV,
    env: {
      BATON_CODECOV_API_TOKEN: codecov.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: codecov.baseUrl,
    },
  });
  port = await portOf(program, /"address":"127\.0\.0\.1:(\d+)"/);
});
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  program.process.kill("SIGKILL");
  await program.result;
});

function dial(settings: SecureClientSessionOptions["settings"] = {}): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`, { settings });
  session.on("error", () => undefined);
  sessions.push(session);
  return session;
}

function open(session: ClientHttp2Session): ClientHttp2Stream {
  const headers = { ":method": "POST", ":path": LIST, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request(headers, { endStream: false });
  stream.on("error", () => undefined);
  return stream;
}

function frame(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Fills a message up to four MiB with a field that is as small as can be. */
function fill(field: Uint8Array): Buffer {
  const rest = Buffer.alloc(FOUR_MIB - REQUEST.length - 16);
  rest.fill(field);
  return Buffer.concat([REQUEST, rest.subarray(0, rest.length - (rest.length % field.length))]);
}

/** Calls and reads; the gRPC status, undefined if the call ends without one. */
function call(session: ClientHttp2Session, message: Uint8Array): Promise<number | undefined> {
  const stream = open(session);
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const see = (headers: { readonly "grpc-status"?: unknown }) => {
    if (headers["grpc-status"] !== undefined) resolve(Number(headers["grpc-status"]));
  };
  stream.on("response", see);
  stream.on("trailers", see);
  stream.once("close", () => resolve(undefined));
  stream.resume();
  stream.end(frame(message));
  return promise;
}

function slowDown(ms: number): void {
  codecov.faults.add({ times: null, fault: { kind: "delay", ms, processed: false } });
}

/** Holds that the process stayed within bounds and still serves, its health included. */
async function expectWell(patienceMs = promptMs()): Promise<void> {
  const peak = peakMiB(program.process.pid);
  tell("memory at most", `${peak.toFixed(0)} MiB`);
  if (canMeasure) expect(peak).toBeLessThan(ALLOWED_MIB);
  codecov.faults.clear();
  const client = new TestClient(port);
  const startedAt = performance.now();
  await client.ask(Health.check, { service: "" });
  await client.ask(ConnectorService.validate, {});
  expect(performance.now() - startedAt).toBeLessThan(patienceMs);
  client.close();
}

/** A field that the request does not have: number 1023, a varint. */
const UNKNOWN = Uint8Array.of(0xf8, 0x3f, 0x01);
/** A field that it has: an empty annotation. */
const ANNOTATION = Uint8Array.of(0x2a, 0x00);

test.each([
  ["unknown", UNKNOWN],
  ["known", ANNOTATION],
])("14 requests of four MiB of %s fields are refused", async (_what, field) => {
  slowDown(2_000);
  const message = fill(field);
  const statuses = await Promise.all(Array.from({ length: 14 }, () => call(dial(), message)));
  expect(new Set(statuses)).toEqual(new Set([Code.ResourceExhausted]));
  await expectWell();
});

test("some unknown fields do no harm: newer hosts know more than this program", async () => {
  const newer = Buffer.concat([REQUEST, ...Array.from({ length: 100 }, () => UNKNOWN)]);
  expect(await call(dial(), newer)).toBe(Code.Ok);
});

thorough("200 listings at once are all answered", async () => {
  const connections = Array.from({ length: 4 }, () => dial());
  const calls = Array.from({ length: 200 }, (_, index) => call(connections[index % 4] ?? dial(), REQUEST));
  const statuses = await Promise.all(calls);
  expect(new Set(statuses)).toEqual(new Set([Code.Ok]));
  await expectWell();
});

thorough("192 answers that nobody reads hold up others until their connections are closed", async () => {
  const connections = Array.from({ length: 3 }, () => dial({ initialWindowSize: 0 }));
  for (const session of connections) {
    for (let index = 0; index < 64; index += 1) open(session).end(frame(REQUEST));
  }
  await sleep(3_000);
  await expectWell(12_000 + 3 * promptMs());
});

test("256 requests that stop within four MiB give way to others", async () => {
  const message = frame(fill(ANNOTATION));
  for (let session = 0; session < 4; session += 1) {
    const connection = dial();
    for (let index = 0; index < 64; index += 1) open(connection).write(message.subarray(0, -1));
  }
  await sleep(2_000);
  await expectWell(10_000 + promptMs());
});
