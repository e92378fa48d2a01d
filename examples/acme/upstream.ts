import { type FakeUpstream, reply, startFakeUpstream, type UpstreamRequest } from "#package/testing.ts";

/** The token that the fake Acme takes. */
export const TOKEN = "acme-0123456789";

/** What Acme knows. */
export interface AcmeState {
  readonly users: { id: string; login: string; name: string | null; email: string | null; active: boolean }[];
  readonly teams: { id: number; title: string; archived: boolean }[];
  /** By team and user. */
  readonly members: Map<string, "member" | "maintainer">;
  /** By role, then `user/<id>` or `team/<id>`. */
  readonly holders: Set<string>;
  readonly events: { id: string; time: string; what: string; user: string; role?: string }[];
}

/** A small company: somebody without a name and an e-mail address, an archived team, ids that need encoding. */
export function makeState(): AcmeState {
  return {
    users: [
      { id: "u1", login: "ada", name: "Ada Lovelace", email: "ada@acme.example", active: true },
      { id: "u2", login: "grace", name: "Grace Hopper", email: "grace@acme.example", active: true },
      { id: "u3", login: "charles", name: null, email: null, active: false },
      { id: "../u4", login: "deploy-bot", name: "Deploy bot", email: null, active: true },
      { id: "a/b", login: "hedy", name: "Hedy Lamarr", email: "hedy@acme.example", active: true },
    ],
    teams: [
      { id: 1, title: "Analysts", archived: false },
      { id: 2, title: "Compilers", archived: false },
      { id: 3, title: "Looms", archived: true },
    ],
    members: new Map([
      ["1/u1", "maintainer"],
      ["1/u3", "member"],
      ["2/u2", "maintainer"],
      ["2/../u4", "member"],
      ["2/a/b", "member"],
    ]),
    holders: new Set(["admin/user/u1", "admin/user/a/b", "auditor/team/2", "auditor/user/u3"]),
    events: [
      { id: "e1", time: "2026-01-01T10:00:00Z", what: "signed-in", user: "u1" },
      { id: "e2", time: "2026-01-01T11:00:00Z", what: "role.given", user: "u1", role: "admin" },
      { id: "e3", time: "2026-01-02T11:00:00Z", what: "user.changed", user: "u3" },
      { id: "e4", time: "2026-01-03T11:00:00Z", what: "role.taken", user: "u2", role: "admin" },
    ],
  };
}

/** Plays Acme's API on a free port of this machine. @param state changes with what is asked for */
export async function startAcme(state: AcmeState = makeState()): Promise<FakeUpstream> {
  const roles = [
    { id: "admin", title: "Admin", description: "Can do everything" },
    { id: "auditor", title: "Auditor", description: "Can see everything" },
  ];
  const missing = reply(404, { error: "there is no such thing" });
  const find = <Row extends { id: string | number }>(rows: readonly Row[], id = ""): Row | undefined =>
    rows.find((row) => String(row.id) === id);
  const user = ({ id, ...rest }: AcmeState["users"][number]) => {
    return { id, ...rest, robot: rest.login.endsWith("-bot"), created_at: "2024-05-01T00:00:00Z" };
  };
  return await startFakeUpstream(
    {
      "GET /me": () => ({ login: "admin" }),
      "GET /users": ({ query }) => {
        const { rows, next } = cut(state.users, query, "cursor");
        return { users: rows.map(user), next };
      },
      "GET /users/:user": ({ params }) => {
        const found = find(state.users, params["user"]);
        return found === undefined ? missing : user(found);
      },
      "POST /users/:user/suspension": ({ params }) => {
        const found = find(state.users, params["user"]);
        if (found === undefined) return missing;
        found.active = false;
        return user(found);
      },
      "GET /teams": ({ query }) => {
        const size = sizeOf(query);
        const from = (Number(query.get("page")) - 1) * size;
        return { teams: state.teams.slice(from, from + size), more: from + size < state.teams.length };
      },
      "GET /teams/:team": ({ params }) => find(state.teams, params["team"]) ?? missing,
      "GET /teams/:team/members": ({ params, query }) => {
        if (find(state.teams, params["team"]) === undefined) return missing;
        const all = [...state.members]
          .filter(([key]) => key.startsWith(`${params["team"]}/`))
          .map(([key, role]) => ({ user: key.slice(key.indexOf("/") + 1), role }));
        return { members: cut(all, query, "offset").rows, total: all.length };
      },
      "PUT /teams/:team/members/:user": ({ params, body }) => {
        const key = `${params["team"]}/${params["user"]}`;
        const role = JSON.stringify(body).includes("maintainer") ? "maintainer" : "member";
        if (state.members.get(key) === role) return reply(409);
        state.members.set(key, role);
        return undefined;
      },
      "DELETE /teams/:team/members/:user": ({ params, query }) => {
        const key = `${params["team"]}/${params["user"]}`;
        if (state.members.get(key) !== query.get("role")) return reply(410);
        state.members.delete(key);
        return undefined;
      },
      "GET /roles": () => roles,
      "GET /roles/:role": ({ params }) => find(roles, params["role"]) ?? missing,
      "GET /roles/:role/holders": (request) => listHolders(state, request),
      "PUT /roles/:role/holders/:type/:id": ({ params: { role, type, id } }) => {
        if (state.holders.has(`${role}/${type}/${id}`)) return reply(409);
        state.holders.add(`${role}/${type}/${id}`);
        return undefined;
      },
      "DELETE /roles/:role/holders/:type/:id": ({ params: { role, type, id } }) =>
        state.holders.delete(`${role}/${type}/${id}`) ? undefined : reply(410),
      "GET /audit": ({ query }) => {
        const since = Date.parse(query.get("since") ?? "");
        const { rows, next } = cut(
          state.events.filter(({ time }) => Date.parse(time) >= since),
          query,
          "cursor",
        );
        return { events: rows, next };
      },
    },
    { token: TOKEN },
  );
}

function listHolders({ holders }: AcmeState, { params, query, path }: UpstreamRequest): unknown {
  const all = [...holders]
    .filter((key) => key.startsWith(`${params["role"]}/`))
    .map((key) => {
      const [, type, ...id] = key.split("/");
      return type === "user" ? { user: id.join("/") } : { team: Number(id[0]) };
    });
  const { rows, next } = cut(all, query, "after");
  const link = `<${path}?per_page=${sizeOf(query)}&after=${next}>; rel="next"`;
  return reply(200, rows, next === null ? {} : { link });
}

/** Rows of a page, and where the next one begins. Acme gives three rows at most. */
function cut<Row>(rows: readonly Row[], query: URLSearchParams, name: string) {
  const from = Number(query.get(name) ?? 0);
  const end = from + sizeOf(query);
  return { rows: rows.slice(from, end), next: end < rows.length ? String(end) : null };
}

function sizeOf(query: URLSearchParams): number {
  return Math.min(3, Number(query.get("limit") ?? query.get("per_page") ?? 3));
}
