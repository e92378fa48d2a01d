/** Apart from `launch.ts`, so that a run with its connector in a thread does not load how a process is started. */

import type { BatonError } from "#kernel/errors.ts";
import type { MeasuredMetric } from "#kernel/metrics.ts";
import type { Span } from "#kernel/trace.ts";
import type { UpstreamSource } from "#kernel/upstream-source.ts";
import { createCaller, type StartCall, type UnaryCaller } from "./calls.ts";
import { type ConnectorClient, createConnectorClient } from "./connector-client.ts";
import type { FeatureClient } from "./feature-client.ts";
import type { UpstreamFacts } from "./upstream-facts.ts";

/** A connector that runs for us, and the connection to it. */
export interface LaunchedConnector {
  /** Of a process of its own. */
  readonly pid: number | undefined;
  readonly client: ConnectorClient;
  /** For methods that the client does not have. */
  readonly calls: UnaryCaller;
  /** The same connector, with its calls shown in a trace as parts of `span`. */
  within(span: Span): LaunchedConnector;
  /** Actions, events and tickets; loaded at the first use. */
  features(): Promise<FeatureClient>;
  /** Requests that the connector has sent upstream so far; undefined if it does not say. */
  upstreamRequests(): number | undefined;
  /** Where the connector reads, and as whom, as far as it has said. */
  upstreamSource(): UpstreamSource | undefined;
  /** What a connector process has counted so far; nothing if it does not say. */
  metrics(): readonly MeasuredMetric[];
  /** Settles with the reason when the connector is gone, expected or not. Never rejects. */
  readonly gone: Promise<BatonError>;
  /** Ends the connection and the connector, within about two seconds whatever it does. */
  close(): Promise<void>;
}

/** The connection to a connector, however it runs. */
interface Channel {
  readonly call: StartCall;
  readonly facts: UpstreamFacts;
}

/** What is known of a connector beside its connection. */
type Life = Pick<LaunchedConnector, "pid" | "gone" | "close">;

/** @param span what traces show the calls as a part of */
export function toLaunchedConnector(channel: Channel, life: Life, span: Span | undefined): LaunchedConnector {
  const calls = createCaller((...call) => channel.call(...call), span);
  return {
    ...life,
    client: createConnectorClient(calls),
    calls,
    within: (part) => toLaunchedConnector(channel, life, part),
    features: async () => (await import("./feature-client.ts")).createFeatureClient(calls),
    upstreamRequests: () => channel.facts.requests,
    upstreamSource: () => channel.facts.source,
    metrics: () => channel.facts.metrics,
  };
}
