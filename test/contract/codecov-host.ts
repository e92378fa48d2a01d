import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, launchConnector } from "#launch/launch.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { runSyncTask } from "#tasks/sync-into-file.ts";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../fakes/codecov/simulator.ts";
import { CODECOV } from "./program.ts";

/** A request for rows of the roster, as opposed to the one that validates the settings. */
export const ROSTER_PAGE = "/users/\\?page=\\d+&page_size=\\d+$";

/** All rows of a finished sync, by what identifies and describes them. */
export interface SyncedRows {
  readonly users: readonly string[];
  readonly grants: readonly string[];
}

export interface CodecovHost extends AsyncDisposable {
  readonly simulator: CodecovSimulator;
  readonly connector: LaunchedConnector;
  /** Syncs into a file of its own, which is then read back. @throws BatonError what ended the sync. */
  sync(options?: { readonly maxWaitMs?: number }): Promise<SyncedRows>;
}

/** Our host in this process, the real connector process, and a simulated Codecov behind it. */
export async function startCodecovHost(options: CodecovSimulatorOptions = {}): Promise<CodecovHost> {
  const directory = await mkdtemp(join(tmpdir(), "baton-host-"));
  const simulator = await startCodecovSimulator(options);
  const env = {
    ...process.env,
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const command = {
    command: process.execPath,
    args: [CODECOV, "--log-level=error", "_connector-service"],
    env,
  };
  const { signal } = new AbortController();
  const connector = await launchConnector(command, { log: silentLogger, signal, onStderr: () => undefined });
  let syncs = 0;
  return {
    simulator,
    connector,
    async sync(limits = {}) {
      syncs += 1;
      const file = join(directory, `${syncs}.c1z`);
      const task = { file, retention: { keepFullSyncs: 2 }, ...limits };
      try {
        const { run } = await runSyncTask(connector.client, task, {
          signal,
          log: silentLogger,
          clock: systemClock,
        });
        return await readRows(file, run.id);
      } finally {
        await rm(file, { force: true });
      }
    },
    async [Symbol.asyncDispose]() {
      await connector.close();
      await simulator.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function readRows(path: string, run: string): Promise<SyncedRows> {
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(run);
  const users = everyItem((page) => reader.listResources({ resourceTypeId: "user" }, page));
  const grants = everyItem((page) => reader.listGrants({}, page));
  return {
    users: [...users].map(({ id, displayName, status, profile }) =>
      JSON.stringify([id?.resource, displayName, status, profile]),
    ),
    grants: [...grants].map(({ id }) => id),
  };
}
