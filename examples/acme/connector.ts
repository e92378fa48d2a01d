import { z } from "zod";
import {
  cursor,
  defineConnector,
  linkHeader,
  offset,
  onePage,
  pageNumber,
  path,
  refuseGrant,
  secret,
  url,
} from "#package/index.ts";

/** What Acme responds. A response that is anything else ends the sync with a sentence, and not with rows that lack something. */
const Me = z.object({ login: z.string() });

const User = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  active: z.boolean(),
  robot: z.boolean(),
  created_at: z.string(),
});

const Team = z.object({ id: z.number(), title: z.string(), archived: z.boolean() });

const TeamMember = z.object({ user: z.string(), role: z.enum(["member", "maintainer"]) });

const Role = z.object({ id: z.string(), title: z.string(), description: z.string() });

/** A user or a team. */
const RoleHolder = z.union([z.object({ user: z.string() }), z.object({ team: z.number() })]);

const AuditEvent = z.object({
  id: z.string(),
  time: z.string(),
  what: z.enum(["user.changed", "role.given", "role.taken", "signed-in"]),
  user: z.string(),
  role: z.string().optional(),
});

/** People, teams and roles of Acme, an imaginary company with a typical HTTP API. */
export const acme = defineConnector({
  name: "baton-acme",
  displayName: "Acme",
  description: "Users, teams and roles of Acme",
  settings: {
    token: secret("Acme API token", { description: "API token of an administrator of Acme." }),
    baseUrl: url("Address of Acme", { default: "https://api.acme.example" }),
  },

  open: ({ settings, http }) => http.json(settings.baseUrl, { bearer: settings.token }),

  validate: (api, ctx) => api.get(path`/me`, Me, ctx),

  types: (type) => [
    type.user({
      list: (api, page, ctx) => api.page(path`/users`, User, page, cursor("next"), ctx),
      get: (api, { id }, ctx) => api.find(path`/users/${id}`, User, ctx),
      user: (row) => ({
        id: row.id,
        login: row.login,
        name: row.name,
        emails: [row.email],
        enabled: row.active,
        account: row.robot ? "service" : "human",
        createdAt: row.created_at,
        profile: row,
      }),
    }),

    type.group("team", {
      list: (api, page, ctx) => api.page(path`/teams`, Team, page, pageNumber({ more: "more" }), ctx),
      get: (api, { id }, ctx) => api.find(path`/teams/${id}`, Team, ctx),
      resource: (row) => ({ id: row.id, name: row.title, profile: row }),
      entitlements: {
        member: { grantableTo: ["user"] },
        maintainer: { grantableTo: ["user"], purpose: "permission", description: "Can change the team." },
      },
      grants: (api, team, page, ctx) =>
        api.page(path`/teams/${team.id}/members`, TeamMember, page, offset({ total: "total" }), ctx),
      held: (row) => ({ entitlement: row.role, by: { user: row.user } }),
      grant: async (api, { resource, entitlement, principal }, ctx) => {
        const team = await api.get(path`/teams/${resource.id}`, Team, ctx);
        if (team.archived) throw refuseGrant(`the team ${team.title} is archived; restore it in Acme first`);
        const member = path`/teams/${team.id}/members/${principal.id}`;
        return await api.put(member, { body: { role: entitlement }, already: [409] }, ctx);
      },
      revoke: (api, { resource, entitlement, principal }, ctx) => {
        const member = path`/teams/${resource.id}/members/${principal.id}?role=${entitlement}`;
        return api.delete(member, { already: [410] }, ctx);
      },
    }),

    type.role("role", {
      list: (api, page, ctx) => api.page(path`/roles`, Role, page, onePage(), ctx),
      get: (api, { id }, ctx) => api.find(path`/roles/${id}`, Role, ctx),
      resource: (row) => ({ id: row.id, name: row.title, description: row.description }),
      entitlements: { assigned: { name: "role", grantableTo: ["user", "team"] } },
      grants: (api, role, page, ctx) =>
        api.page(path`/roles/${role.id}/holders`, RoleHolder, page, linkHeader(), ctx),
      // Who is in a team has the roles of the team.
      held: (row) =>
        "user" in row
          ? { entitlement: "assigned", by: { user: row.user } }
          : { entitlement: "assigned", by: { team: row.team }, expand: ["member", "maintainer"] },
      grant: (api, { resource, principal }, ctx) => {
        const holder = path`/roles/${resource.id}/holders/${principal.type}/${principal.id}`;
        return api.put(holder, { already: [409] }, ctx);
      },
      revoke: (api, { resource, principal }, ctx) => {
        const holder = path`/roles/${resource.id}/holders/${principal.type}/${principal.id}`;
        return api.delete(holder, { already: [410] }, ctx);
      },
    }),
  ],

  actions: (action) => [
    action("suspend_user", {
      name: "Suspend a user",
      description: "Ends all sessions of a user and lets nobody sign in as that user any more.",
      kind: "disable-account",
      on: "user",
      takes: {
        user_id: { name: "User id", required: true },
        reason: { name: "Reason", description: "Shown to the user." },
      },
      gives: { login: { name: "Login" }, active: { name: "Active", type: "flag" } },
      run: async (api, { user_id, reason }, ctx) => {
        const suspend = path`/users/${user_id}/suspension`;
        const { login, active } = await api.post(suspend, { body: { reason }, schema: User }, ctx);
        return { login, active };
      },
    }),
  ],

  events: (feed) => [
    feed("audit", {
      kinds: ["change", "grant", "revoke"],
      list: (api, page, ctx) =>
        api.page(path`/audit?since=${page.since.toISOString()}`, AuditEvent, page, cursor("next"), ctx),
      event: ({ id, time: at, what, user, role = "" }) => {
        switch (what) {
          case "user.changed":
            return { id, at, changed: { user } };
          case "role.given":
            return { id, at, granted: "assigned", on: { role }, to: { user } };
          case "role.taken":
            return { id, at, revoked: "assigned", on: { role }, from: { user } };
          case "signed-in":
            return undefined;
        }
      },
    }),
  ],
});
