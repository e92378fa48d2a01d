import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "#gen/c1/connector/v2/event_feed.ts";
import type { CallContext } from "#kernel/context.ts";
import { silentLogger } from "#kernel/logger.ts";
import { createConnectorClient } from "#launch/connector-client.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { runGrantTask, runRevokeTask } from "#tasks/grant-and-revoke.ts";
import { runEventTask } from "#tasks/read-events.ts";
import { runActionTask } from "#tasks/run-action.ts";
import { withStoredRecords } from "#tasks/stored-records.ts";
import { runSyncTask } from "#tasks/sync-into-file.ts";
import {
  type ConnectOptions,
  connectInMemory,
  type MakeConnector,
  type MemoryConnection,
} from "./connect.ts";
import { readRows, type SyncedRows, type TypeAndId } from "./synced-rows.ts";

/** How long a sync may go without any progress: a few seconds on the fast clock. */
const MAX_WAIT_MS = 30 * 60_000;

/**
 * The result of a grant or a revocation.
 *
 * @example
 * const change: HostChange = await host.grant("team:blue:member", { type: "user", id: "7" });
 * expect(change).toEqual({ wasSo: false });
 */
export interface HostChange {
  /** Nothing had to change: the principal already had the entitlement, or no longer had it. */
  readonly wasSo: boolean;
}

/**
 * A host for one connector: syncs it into a `.c1z` file as the command line does, and changes what a sync has found.
 * Everything runs in this process; the file is in a temporary directory, which {@link close} removes.
 *
 * @example
 * await using host = await startTestHost(makerOf(acme, settings, { provisioning: true }), { provisioning: true });
 * const { grants } = await host.sync();
 * await host.grant("team:blue:member", { type: "user", id: "7" });
 */
export class TestHost implements AsyncDisposable {
  /** For calls of the contract one by one. */
  readonly connection: MemoryConnection;
  readonly #directory: string;
  readonly #ctx: CallContext;

  /** Use {@link startTestHost}. */
  constructor(connection: MemoryConnection, directory: string, log = silentLogger) {
    this.connection = connection;
    this.#directory = directory;
    this.#ctx = { signal: new AbortController().signal, log, clock: connection.clock };
  }

  /** The file of the last sync. */
  get file(): string {
    return join(this.#directory, "sync.c1z");
  }

  /**
   * Everything that the connector has, as a file holds it: grants are expanded, and what hosts drop is not there.
   *
   * @throws BatonError what ended the sync, with the connector's code
   */
  async sync(): Promise<SyncedRows> {
    const options = { file: this.file, tempDir: this.#directory, retention: { keepFullSyncs: 1 } };
    const client = createConnectorClient(this.connection.calls);
    await runSyncTask(client, { ...options, maxWaitMs: MAX_WAIT_MS, keepUnfinished: false }, this.#ctx);
    await using file = await openC1zReadOnly(this.file, { tempDir: this.#directory });
    return readRows(file.reader(file.runs.pick().id));
  }

  /**
   * Gives an entitlement of the last sync to a principal of it.
   *
   * @throws BatonError NotFound if the sync lacks one of them; otherwise what the connector throws
   */
  async grant(entitlementId: string, principal: TypeAndId): Promise<HostChange> {
    const options = { entitlementId, principalId: principal.id, principalType: principal.type };
    return await withStoredRecords({ file: this.file }, this.#ctx, async (records) => {
      const { alreadyExisted } = await runGrantTask(this.connection.client, records, options, this.#ctx);
      return { wasSo: alreadyExisted };
    });
  }

  /** Takes away a grant of the last sync. @throws BatonError as {@link grant} */
  async revoke(grantId: string): Promise<HostChange> {
    return await withStoredRecords({ file: this.file }, this.#ctx, async (records) => {
      const { alreadyRevoked } = await runRevokeTask(this.connection.client, records, grantId, this.#ctx);
      return { wasSo: alreadyRevoked };
    });
  }

  /**
   * Runs an action to its end.
   *
   * @param resourceTypeId of an action on resources of one type
   * @returns its response
   * @throws BatonError Unknown with the action's own reason if it fails
   */
  async invoke(
    name: string,
    args: Readonly<Record<string, unknown>>,
    resourceTypeId = "",
  ): Promise<Readonly<Record<string, unknown>>> {
    const { features } = this.connection;
    const ended = await runActionTask(features, { name, args, resourceTypeId }, () => undefined, this.#ctx);
    return ended.response ?? {};
  }

  /**
   * The events of a feed that are there now, and the cursor to continue from.
   *
   * @throws BatonError NotFound if there is no such feed; otherwise what the connector throws
   */
  async events(
    feedId: string,
    { startAt = new Date(0), cursor = "" } = {},
  ): Promise<{ readonly events: readonly Event[]; readonly cursor: string }> {
    const events: Event[] = [];
    const options = { feedId, startAt, cursor };
    const add = (event: Event): void => void events.push(event);
    const next = await runEventTask(this.connection.features, options, add, this.#ctx);
    return { events, cursor: next };
  }

  /** Ends the connector and removes the file. Calling it again does nothing. */
  async close(): Promise<void> {
    await this.connection.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts a host with a connector of its own.
 *
 * @throws BatonError if the connector contradicts itself
 * @example
 * await using host = await startTestHost(makerOf(acme, { token: "secret", baseUrl: upstream.url }));
 * const { resources } = await host.sync();
 */
export async function startTestHost(make: MakeConnector, options: ConnectOptions = {}): Promise<TestHost> {
  const connection = await connectInMemory(make, options);
  return new TestHost(connection, await mkdtemp(join(tmpdir(), "baton-test-")), options.log);
}
