import { repoDetailView } from "./coverage/repo-detail.ts";
import { repoListView } from "./coverage/repo-list.ts";
import { findRepositoryRoute, type RouteContext } from "./coverage/routes.ts";
import { internalUserListView } from "./internal-users.ts";
import { ownerDetailView, ownerListView } from "./owners.ts";
import { sessionListView } from "./sessions.ts";
import { userDetailView } from "./user-detail.ts";
import { userListView } from "./users.ts";
import type { RouteParameters, View } from "./view.ts";

/** Where an address leads. */
export type Route =
  | {
      readonly kind: "view";
      readonly view: View;
      readonly parameters: RouteParameters;
      /** The ending that asks for a representation: `json`, `api`, or one that does not exist. */
      readonly format?: string;
    }
  | { readonly kind: "redirect"; readonly location: string }
  | { readonly kind: "health" }
  | { readonly kind: "miss" };

const MISS: Route = { kind: "miss" };

const SERVICE_ALIASES: Readonly<Record<string, string>> = {
  gh: "github",
  gl: "gitlab",
  bb: "bitbucket",
  ghe: "github_enterprise",
  gle: "gitlab_enterprise",
  bbs: "bitbucket_server",
};

/** The lists below an owner. */
const PUBLIC_LISTS: Readonly<Record<string, View>> = {
  users: userListView,
  "user-sessions": sessionListView,
  repos: repoListView,
};

const INTERNAL_LISTS: Readonly<Record<string, View>> = { users: internalUserListView };

/** The last part of an address cannot contain a dot: what follows one is taken for a format. */
const LAST_PART = /^(?<name>[^/.]+)(?:\.(?<format>[a-z0-9]+))?$/;

/** Addresses below a repository that exist with a slash at the end only. */
const NEEDS_SLASH = /^(?:config|commits\/[^/]+\/uploads)$/;

/** Finds the view for a decoded path. `query` is kept in redirects; deployments with time series have further addresses. */
export function findRoute(path: string, query: string, timeSeries: boolean): Route {
  if (path === "/health/") return { kind: "health" };
  const { kind, rest = "" } = /^\/(?<kind>api\/v2|internal)\/(?<rest>.+)$/s.exec(path)?.groups ?? {};
  const segments = rest.split("/");
  const hasSlash = segments.at(-1) === "";
  if (hasSlash) segments.pop();
  if (kind === undefined || segments.includes("")) return MISS;

  const [first = "", ...below] = segments;
  const service = canonicalService(first);
  if (kind === "internal") return findInternal(service, below);
  const isRedirect =
    below.length === 0 || (below[1] === "repos" && NEEDS_SLASH.test(below.slice(3).join("/")));
  if (isRedirect && !hasSlash) {
    return { kind: "redirect", location: `${path}/${query === "" ? "" : `?${query}`}` };
  }
  return findPublic(service, below, { hasSlash, timeSeries });
}

function findPublic(service: string, below: readonly string[], context: RouteContext): Route {
  const [owner, collection, item, ...further] = below;
  if (owner === undefined) return { kind: "view", view: ownerListView, parameters: { service } };
  if (collection === undefined) {
    return { kind: "view", view: ownerDetailView, parameters: { service, owner } };
  }
  if (item === undefined) return findList(PUBLIC_LISTS, collection, { service, owner });
  if (collection === "repos") return findBelowRepository({ service, owner, repo: item }, further, context);
  return collection === "users" && further.length === 0 ? findUserRoute(item, { service, owner }) : MISS;
}

function findBelowRepository(
  parameters: RouteParameters,
  further: readonly string[],
  context: RouteContext,
): Route {
  if (further.length === 0) return { kind: "view", view: repoDetailView, parameters };
  const route = findRepositoryRoute(further, context);
  if (route === undefined) return MISS;
  return { kind: "view", view: route.view, parameters: { ...parameters, item: route.item ?? "" } };
}

function findInternal(service: string, [owner, collection, ...further]: readonly string[]): Route {
  if (owner === undefined || collection === undefined || further.length > 0) return MISS;
  return findList(INTERNAL_LISTS, collection, { service, owner });
}

function findList(
  lists: Readonly<Record<string, View>>,
  segment: string,
  parameters: RouteParameters,
): Route {
  const { name = "", format } = LAST_PART.exec(segment)?.groups ?? {};
  const view = lists[name];
  return view === undefined ? MISS : viewRoute(view, parameters, format);
}

function findUserRoute(segment: string, parameters: RouteParameters): Route {
  const { name, format } = LAST_PART.exec(segment)?.groups ?? {};
  return name === undefined ? MISS : viewRoute(userDetailView, { ...parameters, user: name }, format);
}

function viewRoute(view: View, parameters: RouteParameters, format: string | undefined): Route {
  return { kind: "view", view, parameters, ...(format === undefined ? {} : { format }) };
}

/** Services are read without regard to case, and have short names. */
function canonicalService(segment: string): string {
  const lower = segment.toLowerCase();
  return SERVICE_ALIASES[lower] ?? lower;
}
