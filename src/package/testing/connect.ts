import type { ConfigOf, FieldSet } from "#config/field.ts";
import { GrantsServiceService } from "#gen/c1/connector/v2/grant.ts";
import { ResourcesServiceService } from "#gen/c1/connector/v2/resource.ts";
import type { Clock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type Logger, silentLogger } from "#kernel/logger.ts";
import { Redactor, Secret } from "#kernel/secret.ts";

import { createCaller, type Method, type UnaryCaller } from "#launch/calls.ts";
import { createConnectorClient } from "#launch/connector-client.ts";
import { createFeatureClient, type FeatureClient } from "#launch/feature-client.ts";
import { fromWireStatus } from "#model/status.ts";
import type { Connector, ConnectorDefinition } from "#runtime/connector.ts";
import type { IncomingCall, UnaryHandler } from "#runtime/unary.ts";
import { ConnectorCore } from "#server/connector-core.ts";
import { FastClock } from "./fast-clock.ts";

/**
 * Makes the connector to test. Called again wherever a host might start a new process, so that a test also
 * covers a restart: make a fresh connector each time. Usually made by {@link makerOf}.
 *
 * @example
 * const make: MakeConnector = () => new AcmeConnector(upstream.url);
 */
export type MakeConnector = () => Connector | Promise<Connector>;

/**
 * Settings of a definition as a test writes them: secrets are plain strings, and those of the example may be missing.
 *
 * @example
 * const settings: TestSettings<typeof acme.fields> = { token: "secret", baseUrl: upstream.url };
 */
export type TestSettings<Fields extends FieldSet> = {
  readonly [Key in keyof ConfigOf<Fields>]?: ConfigOf<Fields>[Key] extends Secret | undefined
    ? string | Secret
    : ConfigOf<Fields>[Key];
};

/**
 * What {@link makerOf} makes connectors for.
 *
 * @example
 * const make = makerOf(acme, settings, { provisioning: true });
 */
export interface MakerOptions {
  /** Whether the connector may change anything upstream; false by default, as for a program without `--provisioning`. */
  readonly provisioning?: boolean;
  /** Longest HTTP exchange in milliseconds; 10,000 by default. */
  readonly httpTimeoutMs?: number;
}

/**
 * A function that makes connectors from a definition with these settings; the rest come from its
 * `exampleConfig`.
 *
 * @example
 * const make = makerOf(acme, { token: "secret", baseUrl: upstream.url });
 */
export function makerOf<Fields extends FieldSet>(
  definition: ConnectorDefinition<Fields>,
  settings: TestSettings<Fields>,
  { provisioning = false, httpTimeoutMs = 10_000 }: MakerOptions = {},
): MakeConnector {
  const given = Object.entries(settings).map(([key, value]) => {
    const isSecret = definition.fields[key]?.kind === "secret";
    return [key, isSecret && typeof value === "string" ? new Secret(value) : value];
  });
  const config = { ...definition.exampleConfig, ...Object.fromEntries(given) };
  return () => definition.create(config, { provisioning, httpTimeoutMs });
}

/**
 * What {@link connectInMemory} and `startTestHost` allow a connector to do and give it to work with.
 *
 * @example
 * const options: ConnectOptions = { provisioning: true };
 * await using host = await startTestHost(make, options);
 */
export interface ConnectOptions {
  /** Whether the runtime lets changes through; false by default. */
  readonly provisioning?: boolean;
  /** Time of connector and host; a clock on which a second takes a millisecond by default. */
  readonly clock?: Clock;
  /** Takes the connector's log lines; by default they are dropped. */
  readonly log?: Logger;
}

/**
 * The calls of syncing and provisioning, one per method of the contract. Rows of listings come decoded.
 *
 * @example
 * const validate = (client: TestClient) => client.validate({}, AbortSignal.timeout(5_000));
 */
export type TestClient = ReturnType<typeof createTestClient>;

function createTestClient(calls: UnaryCaller) {
  return {
    ...createConnectorClient(calls),
    listResources: calls.unary(ResourcesServiceService.listResources),
    listGrants: calls.unary(GrantsServiceService.listGrants),
  };
}

/**
 * A connector that answers calls within this process.
 *
 * @example
 * await using connection: MemoryConnection = await connectInMemory(make);
 * const { metadata } = await connection.client.getMetadata({}, AbortSignal.timeout(5_000));
 */
export interface MemoryConnection extends AsyncDisposable {
  readonly client: TestClient;
  /** Actions, event feeds and tickets. */
  readonly features: FeatureClient;
  /** For any other method of the contract. */
  readonly calls: UnaryCaller;
  readonly connector: Connector;
  readonly clock: Clock;
  /** Ends the connector. Calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * Connects to a connector without processes, threads or sockets. Requests and responses are encoded, decoded and
 * checked as on the wire: what works here works for a host.
 *
 * @throws BatonError if the connector contradicts itself, for example with two resource types of one id.
 * @example
 * await using connection = await connectInMemory(makerOf(acme, { token: "wrong", baseUrl: upstream.url }));
 * const validated = connection.client.validate({}, AbortSignal.timeout(5_000));
 * await expect(validated).rejects.toMatchObject({ code: Code.Unauthenticated });
 */
export async function connectInMemory(
  make: MakeConnector,
  { provisioning = false, clock = new FastClock(), log = silentLogger }: ConnectOptions = {},
): Promise<MemoryConnection> {
  const connector = await make();
  const gates = { provisioning, ticketing: false };
  const core = new ConnectorCore({ connector, gates, log, clock, redactor: new Redactor() });
  const calls = createCaller(startCall(core));
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= core.end(new BatonError(Code.Canceled, "the test is over"), 0);
    return closing;
  };
  return {
    client: createTestClient(calls),
    features: createFeatureClient(calls),
    calls,
    connector,
    clock,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function startCall({ endpoints, environment }: ConnectorCore) {
  const handlers = new Map<string, UnaryHandler>();
  for (const endpoint of endpoints) {
    if (endpoint.kind === "unary") handlers.set(endpoint.path, endpoint.bind(environment));
  }
  return async <Request, Response>(
    { path, requestSerialize, responseDeserialize }: Method<Request, Response>,
    request: Request,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> => {
    signal.throwIfAborted();
    const handle = handlers.get(path);
    if (handle === undefined) throw new BatonError(Code.Unimplemented, `there is no method ${path}`);
    const call: IncomingCall = {
      request: requestSerialize(request),
      peer: "test",
      deadline: undefined,
      findHeader: (name) => headers[name],
      onCancelled: (listener) => signal.addEventListener("abort", listener, { once: true }),
    };
    const end = await handle(call);
    signal.throwIfAborted();
    if (!("bytes" in end)) throw fromWireStatus(end);
    return responseDeserialize(end.bytes);
  };
}
