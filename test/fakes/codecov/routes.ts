import { ownerDetailView, ownerListView } from "./owners.ts";
import { userDetailView, userListView } from "./users.ts";
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

/** Below an owner: a name, and possibly an ending that asks for a format. */
const COLLECTION = /^(?<name>[a-z-]+)(?:\.(?<format>[a-z0-9]+))?$/;

/** A person in the address cannot contain a dot: what follows one is taken for a format. */
const PERSON = /^(?<user>[^/.]+)(?:\.(?<format>[a-z0-9]+))?$/;

/** Finds the view for a decoded path. `query` is kept in redirects. */
export function findRoute(path: string, query: string): Route {
  const api = /^\/api\/v2\/(?<rest>.+)$/s.exec(path)?.groups?.["rest"];
  return api === undefined ? MISS : findApiRoute(api, path, query);
}

function findApiRoute(rest: string, path: string, query: string): Route {
  const segments = rest.split("/");
  const hasSlash = segments.at(-1) === "";
  if (hasSlash) segments.pop();
  if (segments.some((segment) => segment === "")) return MISS;

  const [first = "", owner, collection, person, ...more] = segments;
  const service = canonicalService(first);
  if (owner === undefined) {
    if (!hasSlash) return { kind: "redirect", location: `${path}/${query === "" ? "" : `?${query}`}` };
    return { kind: "view", view: ownerListView, parameters: { service } };
  }
  if (collection === undefined) {
    return { kind: "view", view: ownerDetailView, parameters: { service, owner } };
  }
  if (more.length > 0) return MISS;
  return person === undefined
    ? findCollection(collection, { service, owner })
    : findPerson(collection, person, { service, owner });
}

function findCollection(segment: string, parameters: RouteParameters): Route {
  const { name = "", format } = COLLECTION.exec(segment)?.groups ?? {};
  if (name !== "users") return MISS;
  return { kind: "view", view: userListView, parameters, ...(format === undefined ? {} : { format }) };
}

function findPerson(collection: string, segment: string, parameters: RouteParameters): Route {
  const { user, format } = PERSON.exec(segment)?.groups ?? {};
  if (collection !== "users" || user === undefined) return MISS;
  return {
    kind: "view",
    view: userDetailView,
    parameters: { ...parameters, user },
    ...(format === undefined ? {} : { format }),
  };
}

/** Services are read without regard to case, and have short names. */
function canonicalService(segment: string): string {
  const lower = segment.toLowerCase();
  return SERVICE_ALIASES[lower] ?? lower;
}
