import { z } from "zod";
import { normalizeToken } from "./auth.ts";
import { COVERAGE_CHANGES, isCoverageChange } from "./coverage/change-schema.ts";
import { applyCoverageChange } from "./coverage/changes.ts";
import { IdSet } from "./id-set.ts";
import { KNOWN_SERVICES, type Organization, type ServerState } from "./state.ts";

const organizationChange = { org: z.string(), service: z.string().optional() };

/**
 * Something that happens on the server without the client's doing. `org` is the login of an organization, of
 * whatever service unless one is given.
 */
export const Change = z.discriminatedUnion("op", [
  /** The organization disappears from the person's own list; seat and admin flag go too unless kept. */
  z.object({
    op: z.literal("leave"),
    ...organizationChange,
    ownerid: z.int(),
    keep_seat: z.boolean().optional(),
  }),
  /** The organization is added to the person's own list. */
  z.object({ op: z.literal("join"), ...organizationChange, ownerid: z.int() }),
  /** An owner takes a login; an account of the same service that had it is left without one. */
  z.object({ op: z.literal("rename"), ownerid: z.int(), username: z.string().nullable() }),
  z.object({ op: z.literal("set-admins"), ...organizationChange, ownerids: z.array(z.int()) }),
  /** The server gives or takes a seat on its own. */
  z.object({ op: z.literal("set-seat"), ...organizationChange, ownerid: z.int(), activated: z.boolean() }),
  /** How many seats are paid and free. */
  z.object({
    op: z.literal("set-plan"),
    ...organizationChange,
    plan_user_count: z.int().nullable().optional(),
    free: z.int().optional(),
  }),
  /** New display name or e-mail, or a deleted account (`service: "to_be_deleted"`). */
  z.object({
    op: z.literal("set-profile"),
    ownerid: z.int(),
    name: z.string().nullable().optional(),
    email: z.string().nullable().optional(),
    service: z.string().optional(),
  }),
  /** A new account, which belongs nowhere yet. */
  z.object({
    op: z.literal("add-owner"),
    ownerid: z.int(),
    service: z.string(),
    username: z.string().nullable(),
    name: z.string().nullable(),
    email: z.string().nullable(),
  }),
  /** The token is deleted, as a client sends it. */
  z.object({ op: z.literal("revoke-token"), token: z.string() }),
  ...COVERAGE_CHANGES,
]);
export type Change = z.infer<typeof Change>;

/** Applies a change at once. */
export function applyChange(state: ServerState, change: Change): void {
  if (isCoverageChange(change)) {
    applyCoverageChange(state, change);
    return;
  }
  switch (change.op) {
    case "rename":
      state.putOwner({ ...state.owner(change.ownerid), username: change.username });
      break;
    case "set-profile": {
      const owner = state.owner(change.ownerid);
      const { name = owner.name, email = owner.email, service = owner.service } = change;
      state.putOwner({ ...owner, name, email, service });
      break;
    }
    case "add-owner": {
      const { ownerid, service, username, name, email } = change;
      state.putOwner({ ownerid, service, username, name, email });
      break;
    }
    case "revoke-token":
      state.tokens.delete(normalizeToken(change.token));
      break;
    case "join":
    case "leave":
    case "set-admins":
    case "set-plan":
    case "set-seat":
      applyToOrganization(findOrganization(state, change.org, change.service), change);
      break;
  }
  state.touch();
}

type OrganizationChange = Extract<Change, { org: string }>;

function applyToOrganization(organization: Organization, change: OrganizationChange): void {
  const { row, members } = organization;
  switch (change.op) {
    case "leave":
      members.delete(change.ownerid);
      if (change.keep_seat === true) break;
      row.seats?.delete(change.ownerid);
      row.admins?.delete(change.ownerid);
      break;
    case "join":
      members.add(change.ownerid);
      break;
    case "set-admins":
      row.admins = new IdSet(members.range, change.ownerids);
      break;
    case "set-seat":
      row.seats ??= new IdSet(members.range);
      if (change.activated) row.seats.add(change.ownerid);
      else row.seats.delete(change.ownerid);
      break;
    case "set-plan": {
      const { plan_user_count = row.planUserCount, free = row.free } = change;
      Object.assign(row, { planUserCount: plan_user_count, free });
      break;
    }
  }
}

function findOrganization(state: ServerState, username: string, service: string | undefined): Organization {
  for (const candidate of service === undefined ? KNOWN_SERVICES : [service]) {
    const owner = state.findOwner(candidate, username);
    if (owner !== undefined) return state.organization(owner.ownerid);
  }
  throw new Error(`the simulated server has no organization ${username}`);
}
