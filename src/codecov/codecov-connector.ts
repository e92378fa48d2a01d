/** Apart from `index.ts`, so that `--help` and the host, which need the settings only, do not load the connector. */

import { serverAddress, serverKey } from "#codecov/api/api-address.ts";
import { rosterKey } from "#codecov/api/owner.ts";
import { GrantLister } from "#codecov/resources/grants.ts";
import { makeLicenseSyncer } from "#codecov/resources/license.ts";
import { OrganizationReader } from "#codecov/resources/organization.ts";
import { makeOrgSyncer } from "#codecov/resources/orgs.ts";
import { makeSeatProvisioner } from "#codecov/resources/seat-provisioner.ts";
import { SessionReader } from "#codecov/resources/sign-ins.ts";
import { SyncCache } from "#codecov/resources/sync-cache.ts";
import { SyncStart } from "#codecov/resources/sync-start.ts";
import { TokenOwner } from "#codecov/resources/token-owner.ts";
import { makeUserSyncer } from "#codecov/resources/users.ts";
import { ROSTER_LIMITS } from "#codecov/roster/roster-reader.ts";
import { RosterWalk } from "#codecov/roster/roster-walk.ts";
import { makeSeatActions } from "#codecov/seats/seat-actions.ts";
import { SeatWriter } from "#codecov/seats/seat-writer.ts";
import type { Connector, ConnectorSettings } from "#runtime/connector.ts";
import { CodecovConnection } from "./connection.ts";
import type { CodecovConfig } from "./fields.ts";
import { validateAccess } from "./validate.ts";

/** What a catalog shows of the connector. */
type Presentation = Connector["metadata"];

/** Puts the connector together. Does no I/O. */
export function createCodecov(
  metadata: Presentation,
  config: CodecovConfig,
  settings: ConnectorSettings,
): Connector {
  const connection = new CodecovConnection(config, settings);
  const roster = rosterKey(config.service, config.owner);
  const walk = new RosterWalk(roster, ROSTER_LIMITS, serverKey(config.baseUrl));
  const organization = new OrganizationReader(connection);
  const grants = new GrantLister(connection, organization, walk);
  const syncCache = new SyncCache();
  const start = new SyncStart(connection, organization, walk);
  const writer = new SeatWriter({ connection, internalIds: config.internalIds });
  const provisioner = makeSeatProvisioner(connection, writer);
  const tokenOwner = new TokenOwner();
  const sessions = config.sessionInfo ? new SessionReader() : undefined;
  return {
    metadata,
    syncers: [
      makeUserSyncer({ connection, organization, walk, syncCache, sessions, tokenOwner }),
      makeOrgSyncer(organization, grants, syncCache),
      makeLicenseSyncer({
        connection,
        organization,
        grants,
        syncCache,
        start,
        purchasedSeats: config.purchasedSeats,
        provisioner,
      }),
    ],
    actions: makeSeatActions(connection, writer),
    prepare: () => connection.prepare(),
    async validate(ctx) {
      await validateAccess(connection, tokenOwner, ctx);
      return {};
    },
    async cleanup(activeSyncId) {
      walk.forget();
      organization.forget();
      syncCache.forget(activeSyncId);
      sessions?.forget();
    },
    upstreamRequests: () => connection.requestCount,
    upstreamSource: () => ({
      address: serverAddress(config.baseUrl),
      account: tokenOwner.account,
      isAdmin: tokenOwner.isAdmin,
    }),
    async close() {
      // The callers have gone by now, but a change that was sent is followed to its end.
      await writer.whenIdle();
      await connection.close();
    },
  };
}
