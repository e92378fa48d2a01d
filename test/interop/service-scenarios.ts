/** What C1 does in the conversations that are compared. */

import type { Json } from "./support/baton.ts";
import type { Step } from "./support/conversation.ts";

/** gRPC codes that C1 answers with. */
const UNAVAILABLE = 14;
const PERMISSION_DENIED = 7;

/** How long C1 waits for the report of a task where Go connectors send none. */
const PATIENCE_MS = 1_200;

const license = { id: { resourceType: "license", resource: "Acme" }, displayName: "Seats" };
const seat = { id: "license:Acme:assigned", slug: "assigned", displayName: "Seat", resource: license };

function user(name: string): Json {
  return { id: { resourceType: "user", resource: name }, displayName: name };
}

function seatOf(name: string): Json {
  return { id: `license:Acme:assigned:user:${name}`, entitlement: seat, principal: user(name) };
}

/** Starts, greets, asks. */
export const ARRIVAL: readonly Step[] = [{ name: "arrival", polls: 3 }];

/** Everything a host does with the data of a connector. */
export const SYNCS: readonly Step[] = [
  { name: "full sync", task: { syncFull: {} } },
  { name: "sync with a debug log", task: { debug: true, syncFull: {} } },
  { name: "sync of users", task: { syncFull: { syncResourceTypeIds: ["user"] } } },
  { name: "sync of resources", task: { syncFull: { skipEntitlementsAndGrants: true } } },
  { name: "sync without grants", task: { syncFull: { skipGrants: true, storageEngine: "sqlite" } } },
  { name: "targeted sync", task: { syncFull: { targetedSyncResources: [user("eve"), license] } } },
  {
    name: "upload that fails twice",
    task: { syncFull: {} },
    faults: [{ method: "UploadAsset", code: UNAVAILABLE, times: 2 }],
  },
  {
    name: "upload that always fails",
    task: { syncFull: {} },
    faults: [{ method: "UploadAsset", code: UNAVAILABLE, times: 3 }],
  },
  {
    name: "sync canceled before it starts",
    task: { syncFull: {} },
    cancelAtHeartbeat: 1,
    patienceMs: PATIENCE_MS,
  },
  {
    name: "sync whose first heartbeat fails",
    task: { syncFull: {} },
    faults: [{ method: "Heartbeat", code: UNAVAILABLE, times: 1 }],
    patienceMs: PATIENCE_MS,
  },
];

/** Seats given and taken. */
export const SEATS: readonly Step[] = [
  { name: "grant", task: { grant: { entitlement: seat, principal: user("eve") } } },
  { name: "grant of what is there", task: { grant: { entitlement: seat, principal: user("eve") } } },
  { name: "revocation", task: { revoke: { grant: seatOf("eve") } } },
  { name: "revocation of what is gone", task: { revoke: { grant: seatOf("eve") } } },
];

export const SEATS_OF_NOBODY: readonly Step[] = [
  { name: "grant to nobody", task: { grant: { entitlement: seat, principal: user("nobody-at-all") } } },
  { name: "revocation from nobody", task: { revoke: { grant: seatOf("nobody-at-all") } } },
];

/** The same where nothing may be changed. */
export const SEATS_REFUSED: readonly Step[] = [...ARRIVAL, ...SEATS, ...SEATS_OF_NOBODY];

/** Tasks that miss what they are about. */
export const MALFORMED: readonly Step[] = [
  { name: "grant without principal", task: { grant: { entitlement: seat } } },
  { name: "revocation of nothing", task: { revoke: {} } },
  { name: "account without data", task: { createAccount: {} } },
  { name: "deletion of nothing", task: { deleteResource: {} } },
  { name: "action without name", task: { actionInvoke: {} } },
  { name: "status of no action", task: { actionStatus: { name: "greet" } } },
  { name: "ticket without id", task: { getTicket: {} } },
  { name: "ticket without request", task: { createTicketTask: {} } },
  { name: "no tickets to create", task: { bulkCreateTickets: {} } },
  { name: "no tickets to get", task: { bulkGetTickets: {} } },
];

/** Tasks that no connector can do, and one that comes from the future. */
export const UNSUPPORTED: readonly Step[] = [
  { name: "obsolete event feed", task: { eventFeed: {} } },
  { name: "difference of syncs", task: { createSyncDiff: { baseSyncId: "a", newSyncId: "b" } } },
  { name: "compaction", task: { compactSyncs: {} } },
  { name: "task of no type", task: { status: "STATUS_PENDING" } },
  // Field 900, an empty message.
  { name: "task of an unknown type", rawTask: Buffer.from([0xa2, 0x38, 0x00]).toString("base64") },
];

/** What the Codecov connectors are asked for and do not have. */
export const ABSENT: readonly Step[] = [
  { name: "event feeds", task: { listEventFeeds: {} }, patienceMs: PATIENCE_MS },
  {
    name: "events of an unknown feed",
    task: { listEvents: { eventFeedId: "none", cursor: "0" } },
    patienceMs: PATIENCE_MS,
  },
  { name: "actions", task: { actionListSchemas: {} } },
  { name: "schema of an unknown action", task: { actionGetSchema: { name: "nothing" } } },
  { name: "unknown action", task: { actionInvoke: { name: "nothing" } } },
  { name: "status of an unknown action", task: { actionStatus: { name: "nothing", id: "none" } } },
  { name: "account", task: { createAccount: { accountInfo: { login: "zoe" } } } },
  { name: "resource", task: { createResource: { resource: user("zoe") } } },
  { name: "deletion", task: { deleteResource: { resourceId: { resourceType: "user", resource: "eve" } } } },
  { name: "ticket schemas", task: { listTicketSchemas: {} }, patienceMs: PATIENCE_MS },
  { name: "unknown ticket", task: { getTicket: { ticketId: "1" } } },
  { name: "new ticket", task: { createTicketTask: { ticketRequest: { displayName: "laptop" } } } },
];

/** C1 stumbles; the last step shows that all is well again. */
export const STUMBLES: readonly Step[] = [
  {
    name: "report that gets lost",
    task: { actionGetSchema: { name: "nothing" } },
    faults: [{ method: "FinishTask", code: UNAVAILABLE, times: 1 }],
    patienceMs: PATIENCE_MS,
  },
  { name: "polls that fail", polls: 1, faults: [{ method: "GetTask", code: UNAVAILABLE, times: 2 }] },
  { name: "hello task", task: { hello: {} } },
];

const red = { id: { resourceType: "team", resource: "red" }, displayName: "red" };
const member = { id: "team:red:member", slug: "member", displayName: "member", resource: red };

function person(name: string): Json {
  return { id: { resourceType: "person", resource: name }, displayName: name };
}

function membershipOf(name: string): Json {
  return { id: `team:red:member:person:${name}`, entitlement: member, principal: person(name) };
}

/** What an imaginary company has that Codecov does not have. */
export const COMPANY: readonly Step[] = [
  ...ARRIVAL,
  { name: "full sync", task: { syncFull: {} } },
  { name: "sync without expansion", task: { syncFull: { skipExpandGrants: true } } },
  { name: "grant", task: { grant: { entitlement: member, principal: person("person-3") } } },
  { name: "grant of what is there", task: { grant: { entitlement: member, principal: person("person-3") } } },
  { name: "grant declined", task: { grant: { entitlement: member, principal: person("person-4") } } },
  { name: "revocation", task: { revoke: { grant: membershipOf("person-3") } } },
  { name: "revocation of what is gone", task: { revoke: { grant: membershipOf("person-3") } } },
  { name: "event feeds", task: { listEventFeeds: {} } },
  { name: "events", task: { listEvents: { eventFeedId: "joins", cursor: "0", pageSize: 1 } } },
  { name: "last events", task: { listEvents: { eventFeedId: "joins", cursor: "1" } } },
  { name: "actions", task: { actionListSchemas: {} } },
  { name: "actions of a type", task: { actionListSchemas: { resourceTypeId: "person" } } },
  {
    name: "action",
    task: { actionInvoke: { name: "greet", resourceTypeId: "person", args: { whom: "you" } } },
  },
  { name: "action that fails", task: { actionInvoke: { name: "greet", resourceTypeId: "person" } } },
  { name: "new resource", task: { createResource: { resource: person("zoe") } } },
  {
    name: "deletion",
    task: { deleteResource: { resourceId: { resourceType: "person", resource: "person-2" } } },
  },
  {
    name: "deletion of what is gone",
    task: { deleteResource: { resourceId: { resourceType: "person", resource: "person-2" } } },
  },
  { name: "hello task", task: { hello: {} } },
];

/** Everything with the Codecov connectors that needs no more than a few seconds. */
export const CODECOV: readonly Step[] = [
  ...ARRIVAL,
  ...SYNCS,
  ...SEATS,
  ...SEATS_OF_NOBODY,
  ...MALFORMED,
  ...UNSUPPORTED,
  ...ABSENT,
  ...STUMBLES,
];

/** With a Codecov that does not answer, so that syncs last until something ends them. */
export const STALLED: readonly Step[] = [
  { name: "sync canceled while it runs", task: { syncFull: {} }, cancelAtHeartbeat: 2 },
  {
    name: "sync whose heartbeats fail",
    task: { syncFull: {} },
    faults: [{ method: "Heartbeat", code: UNAVAILABLE, skip: 1, times: 20 }],
  },
  { name: "sync that an interrupt ends", task: { syncFull: {} }, patienceMs: 2_000 },
];

/** The same, and the program is told to go while it works. */
export const TERMINATED: readonly Step[] = [
  { name: "sync that a termination ends", task: { syncFull: {} }, patienceMs: 2_000 },
];

/** The file has more than one part. */
export const LARGE_SYNC: Step = { name: "large sync", task: { syncFull: {} } };

export const REFUSED_TOKEN: readonly Step[] = [
  { name: "refused token", polls: 1, faults: [{ method: "Token", code: 401, times: 10 }] },
];

export const TOKEN_OUTAGE: readonly Step[] = [
  { name: "token outage", polls: 1, faults: [{ method: "Token", code: 503, times: 1 }] },
];

export const HELLO_OUTAGE: readonly Step[] = [
  { name: "hello outage", polls: 1, faults: [{ method: "Hello", code: UNAVAILABLE, times: 2 }] },
];

export const REFUSED_HELLO: readonly Step[] = [
  { name: "refused hello", polls: 1, faults: [{ method: "Hello", code: PERMISSION_DENIED, times: 10 }] },
];
