/**
 * `baton-connector-sdk/testing`: what a connector is tested with, in whatever test framework its project has.
 *
 * {@link testConformance} creates the tests that every connector has to pass. {@link startTestHost} syncs and provisions
 * with a connector in memory. {@link startFakeUpstream} plays the API that it calls, and {@link checkFaults} makes that
 * API fail.
 */

export {
  type ConformanceCheck,
  type ConformanceOptions,
  conformanceChecks,
  testConformance,
} from "./testing/conformance.ts";
export {
  type ConnectOptions,
  connectInMemory,
  type MakeConnector,
  type MakerOptions,
  type MemoryConnection,
  makerOf,
  type TestClient,
  type TestSettings,
} from "./testing/connect.ts";
export { FastClock } from "./testing/fast-clock.ts";
export { checkFaults, FAULTS, type FaultCheckOptions } from "./testing/faults.ts";
export { type HostChange, startTestHost, TestHost } from "./testing/host.ts";
export type {
  SyncedEntitlement,
  SyncedGrant,
  SyncedResource,
  SyncedRows,
  TypeAndId,
} from "./testing/synced-rows.ts";
export {
  type FakeUpstream,
  type FakeUpstreamOptions,
  type Fault,
  type FaultOptions,
  type Route,
  reply,
  startFakeUpstream,
  type UpstreamReply,
  type UpstreamRequest,
} from "./testing/upstream.ts";
export { drain, type Everything, type ListedPage, type PageCall, Walk } from "./testing/walk.ts";
