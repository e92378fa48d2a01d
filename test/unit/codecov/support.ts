import { onTestFinished } from "vitest";
import type { CodecovConfig } from "#codecov/fields.ts";
import { codecov } from "#codecov/index.ts";
import { systemClock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import type { LogFields, Logger } from "#kernel/logger.ts";
import { Secret } from "#kernel/secret.ts";
import type { Resource } from "#model/resource.ts";
import type { Connector } from "#runtime/connector.ts";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../../fakes/codecov/simulator.ts";
import { toResource } from "../../fakes/listed.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps its lines. */
export function makeRecorder(lines: LogLine[]): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  const logger: Logger = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: () => logger,
  };
  return logger;
}

export interface Setup {
  readonly simulator: CodecovSimulator;
  readonly connector: Connector;
  readonly ctx: CallContext;
  /** A clock that passes waits at once. */
  readonly clock: ManualClock;
  readonly log: LogLine[];
  /** All users, page by page as a host asks for them. */
  readonly listUsers: (pageSize?: number) => Promise<Resource[]>;
}

export interface SetupConfig extends Partial<CodecovConfig> {
  /** Whose token is used, by its name in the simulator; default `admin-token`. */
  readonly tokenName?: string;
  /** Default false. */
  readonly provisioning?: boolean;
  /** Default 20 s. */
  readonly httpTimeoutMs?: number;
}

/** A simulated Codecov and the connector that reads it, both ended with the test. */
export async function setUp(options: CodecovSimulatorOptions = {}, config: SetupConfig = {}): Promise<Setup> {
  const simulator = await startCodecovSimulator(options);
  onTestFinished(async () => simulator.close());
  const { tokenName = "admin-token", provisioning = false, httpTimeoutMs = 20_000, ...overrides } = config;
  const connector = await codecov.create(
    {
      ...codecov.exampleConfig,
      apiToken: new Secret(simulator.tokens[tokenName] ?? tokenName),
      owner: options.generated === undefined ? "Acme" : "acme",
      baseUrl: simulator.url,
      ...overrides,
    },
    { provisioning, httpTimeoutMs },
  );
  onTestFinished(async () => connector.close?.());
  const log: LogLine[] = [];
  const clock = new ManualClock(systemClock.now());
  const ctx = { signal: new AbortController().signal, log: makeRecorder(log), clock };
  const listUsers = async (pageSize = 0) => {
    const resources: Resource[] = [];
    let pageToken = "";
    do {
      const page = await connector.syncers[0]?.list(
        undefined,
        { pageSize, pageToken, activeSyncId: "" },
        ctx,
      );
      resources.push(...(page?.items ?? []).map(toResource));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    return resources;
  };
  return { simulator, connector, ctx, clock, log, listUsers };
}
