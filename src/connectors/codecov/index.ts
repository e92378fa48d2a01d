import { Secret } from "#kernel/secret.ts";
import type { Connector, ConnectorDefinition, ConnectorSettings } from "#runtime/connector.ts";
import { makeSeatActions } from "./actions.ts";
import { HOSTED_BASE_URL } from "./base-url.ts";
import { CodecovConnection } from "./connection.ts";
import { type CodecovConfig, constraints, fields } from "./fields.ts";
import { GrantLister } from "./grants.ts";
import { makeLicenseSyncer } from "./license.ts";
import { makeOrgSyncer } from "./orgs.ts";
import { RosterWalk } from "./roster-walk.ts";
import { makeSeatProvisioner } from "./seat-provisioner.ts";
import { SeatWriter } from "./seat-writer.ts";
import { SessionReader } from "./sessions.ts";
import { SyncNotes } from "./sync-notes.ts";
import { USER_TYPE } from "./user-mapper.ts";
import { makeUserSyncer } from "./users.ts";
import { validateAccess } from "./validate.ts";

const DESCRIPTION = "Who has access to a Codecov organization: its members, their seats and its admins";

/** The Codecov connector. */
export const codecov = {
  name: "baton-codecov",
  displayName: "Codecov",
  description: DESCRIPTION,
  helpUrl: "https://docs.codecov.com/reference/overview",
  fields,
  constraints,
  exampleConfig: {
    apiToken: new Secret("00000000-0000-0000-0000-000000000000"),
    apiTokenFile: undefined,
    service: "github",
    owner: "acme",
    baseUrl: HOSTED_BASE_URL,
    allowHttp: false,
    purchasedSeats: 0,
    sessionInfo: false,
    internalIds: false,
  },
  summary: [
    { label: "members", resourceType: USER_TYPE },
    { label: "seats", resourceType: USER_TYPE, profileFlag: "activated" },
    { label: "admins", resourceType: USER_TYPE, profileFlag: "is_admin" },
  ],
  create: createCodecov,
} as const satisfies ConnectorDefinition<typeof fields>;

function createCodecov(config: CodecovConfig, settings: ConnectorSettings): Connector {
  const connection = new CodecovConnection(config, settings);
  const walk = new RosterWalk(`${config.baseUrl} ${config.service} ${config.owner}`);
  const grants = new GrantLister(connection, walk);
  const notes = new SyncNotes();
  const writer = new SeatWriter({ connection, internalIds: config.internalIds });
  const provisioner = makeSeatProvisioner(connection, writer);
  const sessions = config.sessionInfo ? new SessionReader() : undefined;
  return {
    metadata: { displayName: "Codecov", description: DESCRIPTION },
    syncers: [
      makeUserSyncer({ connection, walk, notes, sessions }),
      makeOrgSyncer(connection, grants, notes),
      makeLicenseSyncer({ connection, grants, notes, purchasedSeats: config.purchasedSeats, provisioner }),
    ],
    actions: makeSeatActions(connection, writer),
    prepare: () => connection.prepare(),
    async validate(ctx) {
      await validateAccess(connection, ctx);
      return {};
    },
    async cleanup(activeSyncId) {
      walk.forget();
      notes.forget(activeSyncId);
      sessions?.forget();
    },
    upstreamRequests: () => connection.requestCount,
    async close() {
      // Whoever waits for a change has gone by now, but one that was sent is followed to its end.
      await writer.whenIdle();
      await connection.close();
    },
  };
}
