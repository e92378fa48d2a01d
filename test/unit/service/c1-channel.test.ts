import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dispatcher } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readExtraAuthorities } from "#http/authorities.ts";
import { openDispatcher } from "#http/dispatcher.ts";
import { systemClock } from "#kernel/clock.ts";
import { Code } from "#kernel/errors.ts";
import { createKsuid } from "#kernel/ksuid.ts";
import { silentLogger } from "#kernel/logger.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { C1Channel } from "#service/c1-channel.ts";
import { C1Client } from "#service/c1-client.ts";
import { parseClientId } from "#service/c1-credentials.ts";
import { findRoute } from "#service/c1-route.ts";
import { C1Tokens } from "#service/c1-tokens.ts";
import { ClientKey } from "#service/client-key.ts";
import { FakeC1 } from "../../fakes/c1/fake-c1.ts";

let fake: FakeC1;
let directory: string;
let dispatcher: Dispatcher;
let channel: C1Channel;
let c1: C1Client;
const { signal } = new AbortController();

beforeEach(async () => {
  fake = await FakeC1.start();
  directory = await mkdtemp(join(tmpdir(), "baton-channel-"));
  const environment = { SSL_CERT_FILE: join(directory, "ca.pem") };
  await writeFile(environment.SSL_CERT_FILE, fake.certificate);
  const address = `localhost:${fake.port}`;
  const clientId = parseClientId(fake.tokens.clientId);
  dispatcher = await openDispatcher({ origin: `https://${address}`, connectTimeoutMs: 5_000, environment });
  const tokens = new C1Tokens({
    clientId,
    key: new ClientKey({ value: new Secret(fake.tokens.clientSecret) }, new Redactor()),
    origin: `https://${address}`,
    dispatcher,
    timeoutMs: 5_000,
    clock: systemClock,
    log: silentLogger,
    redactor: new Redactor(),
  });
  const authorities = readExtraAuthorities(environment);
  const route = findRoute(address, {});
  channel = new C1Channel({ address, route, authorities, clientName: clientId.name, tokens });
  c1 = new C1Client(channel, "host-1");
});
afterEach(async () => {
  channel.close();
  await dispatcher.destroy();
  await fake.close();
  await rm(directory, { recursive: true });
});

/** A file of many pieces, and how many were asked for when nobody asked any more. */
function makeContent(pieces: number) {
  const { promise: produced, resolve } = Promise.withResolvers<number>();
  const content = async function* (): AsyncGenerator<Buffer> {
    let count = 0;
    try {
      for (; count < pieces; count += 1) yield Buffer.alloc(524_288, count % 251);
    } finally {
      resolve(count);
    }
  };
  return { content, produced };
}

test("an error names the call and the place", async () => {
  fake.faults.getTask = { code: Code.Internal };
  await expect(c1.getTask(signal)).rejects.toMatchObject({
    code: Code.Internal,
    message: `GetTask at localhost:${fake.port}: as the test wants it`,
  });
});

test("a token that ended early is replaced at once; a second refusal is an error", async () => {
  await c1.getTask(signal);
  fake.tokens.revokeAll();
  await c1.getTask(signal);
  expect(fake.tokens.assertions).toHaveLength(2);
  fake.faults.getTask = { code: Code.Unauthenticated };
  await expect(c1.getTask(signal)).rejects.toMatchObject({ code: Code.Unauthenticated });
});

test("C1 that refuses an upload early is not sent the rest", async () => {
  fake.faults.uploadAsset = { code: Code.PermissionDenied };
  const { content, produced } = makeContent(2_000);
  const upload = c1.uploadAsset(createKsuid(Date.now()), content, Buffer.alloc(32), signal);
  await expect(upload).rejects.toMatchObject({ code: Code.PermissionDenied });
  expect(await produced).toBeLessThan(200);
});

test("what cannot be read ends the upload with its reason", async () => {
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.alloc(10);
    throw new Error("the disk is on fire");
  };
  const upload = c1.uploadAsset("4".repeat(27), broken, Buffer.alloc(32), signal);
  await expect(upload).rejects.toThrow("the disk is on fire");
  expect(fake.uploads.size).toBe(0);
});

test("a caller who gives up gets the reason", async () => {
  fake.faults.getTask = { delayMs: 10_000 };
  const given = new AbortController();
  const call = c1.getTask(given.signal);
  setTimeout(() => given.abort(new Error("given up")), 50);
  await expect(call).rejects.toThrow("given up");
});
