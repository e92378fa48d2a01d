import { onTestFinished } from "vitest";
import { CodecovApi } from "#codecov/api/api.ts";
import { resolveApiAddress } from "#codecov/api/api-address.ts";
import type { ReadingOptions, ReadingOutcome } from "#codecov/coverage/reading/read-organization.ts";
import { readOrganization } from "#codecov/coverage/reading/read-organization.ts";
import type { CallContext } from "#kernel/context.ts";
import { silentLogger } from "#kernel/logger.ts";
import { Secret } from "#kernel/secret.ts";
import { SecretSource } from "#kernel/secret-source.ts";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../fakes/codecov/simulator.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { MemoryLedger } from "../fakes/memory-ledger.ts";

/** The server's time at the start, and the reader's: nothing in these tests depends on the date. */
export const START = "2026-11-27T12:00:00Z";

export interface CoverageScene {
  readonly simulator: CodecovSimulator;
  readonly api: CodecovApi;
  readonly ledger: MemoryLedger;
  readonly clock: ManualClock;
  readonly ctx: CallContext;
  /** Reads into the ledger; default `--details seat` and 30 days. */
  readonly read: (options?: Partial<ReadingOptions>) => Promise<ReadingOutcome>;
  /** Moves both clocks. */
  readonly advance: (ms: number) => void;
  /** Paths without the organization's prefix that were requested since the last call. */
  readonly paths: () => string[];
}

export interface CoverageSceneOptions extends CodecovSimulatorOptions {
  /** By its name in the simulator; default `admin-token`. */
  readonly token?: string;
  readonly owner?: string;
}

/** A simulated Codecov with coverage, the real API client, and a ledger in memory. */
export async function startCoverageScene({
  token = "admin-token",
  owner = "acme",
  ...options
}: CoverageSceneOptions): Promise<CoverageScene> {
  const simulator = await startCodecovSimulator({ now: START, ...options });
  onTestFinished(async () => simulator.close());
  const base = resolveApiAddress(simulator.url, false);
  const api = new CodecovApi({
    target: { origin: base.origin, apiPath: base.path, service: "github", owner },
    allowHttp: false,
    token: new SecretSource(
      { value: new Secret(simulator.tokens[token] ?? token) },
      { setting: "--codecov-api-token", fileSetting: "--codecov-api-token-file", what: "a token" },
    ),
    allowWrites: false,
    httpTimeoutMs: 20_000,
    redact: (text) => text,
  });
  onTestFinished(async () => api.close());
  const clock = new ManualClock(Date.parse(START));
  const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger, clock };
  const ledger = new MemoryLedger();
  return {
    simulator,
    api,
    ledger,
    clock,
    ctx,
    read: (over = {}) => readOrganization(api, ledger, { details: "seat", days: 30, ...over }, ctx),
    advance(ms) {
      clock.advance(ms);
      simulator.change({ op: "set-time", advance_seconds: ms / 1_000 });
    },
    paths() {
      const paths = simulator.requests.map(({ path }) => path.replace(/^\/api\/v2\/github\/acme\//i, ""));
      simulator.clearRequests();
      return paths;
    },
  };
}
