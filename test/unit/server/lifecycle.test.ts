import { EventEmitter, once } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import { openChildListener } from "#launch/listener.ts";
import type { Connector } from "#runtime/connector.ts";
import { runConnectorService } from "#server/lifecycle.ts";
import { encodeStartupLine } from "#wire/server-config.ts";
import { TestClient } from "../../fakes/grpc-client.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { ToyConnector } from "../../fakes/toy-connector.ts";

const clients: TestClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** Runs the service in this process, with everything that belongs to a process replaced. */
async function run(
  validate: Connector["validate"] = async () => ({}),
  clock = new ManualClock(Date.now(), () => false),
  prepare: Connector["prepare"] = async () => undefined,
) {
  const { port } = await openChildListener("win32");
  const { server, client: credential } = createLocalCredentials(Date.now());
  const toy = new ToyConnector();
  const stdin = new PassThrough();
  const events = new EventEmitter();
  const lines: string[] = [];
  const exitCode = runConnectorService({
    createConnector: () => ({
      metadata: toy.metadata,
      syncers: toy.syncers,
      validate,
      prepare,
      close: () => toy.close(),
    }),
    gates: { provisioning: false, ticketing: false },
    log: { ...silentLogger, error: (message) => lines.push(message) },
    clock,
    stdin,
    events,
    env: {},
    platform: "win32",
  });
  stdin.write(`${encodeStartupLine({ credential: server, listenPort: port, sessionStorePort: 0 })}\n`);
  const client = new TestClient(port, credential);
  clients.push(client);
  return { toy, stdin, events, errors: lines, exitCode, client };
}

/** A Validate that waits for its signal. */
function waiting() {
  const started = Promise.withResolvers<AbortSignal>();
  const finish = Promise.withResolvers<object>();
  const validate: Connector["validate"] = async ({ signal }) => {
    started.resolve(signal);
    const aborted = once(signal, "abort").then(() => {
      throw signal.reason instanceof Error ? signal.reason : new Error("aborted");
    });
    return await Promise.race([finish.promise, aborted]);
  };
  return { validate, started: started.promise, finish: () => finish.resolve({}) };
}

test("the end of standard input ends the service with 0, cancels calls and closes the connector", async () => {
  const { validate, started } = waiting();
  const { toy, stdin, exitCode, client } = await run(validate);
  const call = client.refused(ConnectorService.validate, {});
  const signal = await started;
  stdin.end();
  expect(await exitCode).toBe(0);
  expect(signal.aborted).toBe(true);
  expect(toy.closed).toBe(true);
  expect([Code.Canceled, Code.Unavailable]).toContain((await call).code);
});

test("a connector prepares itself before the first call, which tells what failed", async () => {
  const prepared = Promise.withResolvers<void>();
  const prepare = async () => {
    prepared.resolve();
    throw new BatonError(Code.InvalidArgument, "unusable settings");
  };
  const { stdin, errors, exitCode, client } = await run(undefined, undefined, prepare);
  await prepared.promise;
  await client.ask(ConnectorService.validate, {});
  stdin.end();
  expect(await exitCode).toBe(0);
  expect(errors).toEqual([]);
});

test("SIGTERM lets a call in flight end and then ends the service with 143", async () => {
  const { validate, started, finish } = waiting();
  const { stdin, events, exitCode, client } = await run(validate);
  const call = client.ask(ConnectorService.validate, {});
  const signal = await started;
  events.emit("SIGTERM");
  await new Promise(setImmediate);
  expect(signal.aborted).toBe(false);
  finish();
  expect((await call).sdkVersion).toBe("v0.25.0");
  expect(await exitCode).toBe(143);
  // An open standard input would keep the process alive.
  expect(stdin.destroyed).toBe(true);
});

test("a call that does not end in time after SIGTERM is cancelled as Unavailable", async () => {
  const { validate, started } = waiting();
  const clock = new ManualClock(Date.now(), (ms) => ms >= 5000);
  const { events, exitCode, client } = await run(validate, clock);
  const call = client.refused(ConnectorService.validate, {});
  await started;
  events.emit("SIGTERM");
  expect((await call).code).toBe(Code.Unavailable);
  expect(await exitCode).toBe(143);
});

test("an interrupt, a lost terminal and a promise that nobody waits for end nothing", async () => {
  const { stdin, events, errors, exitCode, client } = await run();
  await client.ask(ConnectorService.validate, {});
  events.emit("SIGINT");
  events.emit("SIGHUP");
  events.emit("unhandledRejection", new Error("forgotten"));
  await client.ask(ConnectorService.validate, {});
  expect(errors).toEqual(["unhandled promise rejection"]);
  stdin.end();
  expect(await exitCode).toBe(0);
});

test("an exception that nobody caught ends the service, and not with 0", async () => {
  const { events, errors, exitCode, client } = await run();
  await client.ask(ConnectorService.validate, {});
  events.emit("uncaughtException", new Error("boom"));
  expect(await exitCode).toBe(1);
  expect(errors).toEqual(["unexpected failure, shutting down"]);
});

test("handlers of the process are gone after the end", async () => {
  const { stdin, events, exitCode, client } = await run();
  await client.ask(ConnectorService.validate, {});
  stdin.end();
  await exitCode;
  expect(events.eventNames()).toEqual([]);
});

test("a connector that cannot be made stops the start", async () => {
  const stdin = new PassThrough();
  const { server } = createLocalCredentials(Date.now());
  const started = runConnectorService({
    createConnector: () => {
      throw new BatonError(Code.FailedPrecondition, "the token file is empty");
    },
    gates: { provisioning: false, ticketing: false },
    log: silentLogger,
    stdin,
    events: new EventEmitter(),
    env: {},
    platform: "win32",
  });
  stdin.write(`${encodeStartupLine({ credential: server, listenPort: 1, sessionStorePort: 0 })}\n`);
  await expect(started).rejects.toMatchObject({ code: Code.FailedPrecondition });
});
