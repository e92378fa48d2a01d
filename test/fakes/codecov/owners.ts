import { jsonBody, notFound, READ_ONLY, Refusal, ServerFailure } from "./answer.ts";
import { renderPage, selectPage } from "./pagination.ts";
import type { Owner } from "./state.ts";
import { isKnownService, requireCaller, type View } from "./view.ts";

/** `GET /{service}/`: the organizations of the token's owner, and the owner. */
export const ownerListView: View = {
  title: "Owners List",
  allow: READ_ONLY,
  authorize(call) {
    requireCaller(call);
  },
  get(call) {
    const caller = requireCaller(call);
    const { service } = call.parameters;
    requireService(service);
    if (caller.neverSynced === true) throw new ServerFailure("the own list of organizations is null");
    const owners = call.state
      .organizationsOf(caller.ownerid)
      .map(({ ownerid }) => call.state.owner(ownerid))
      .concat(caller)
      .filter((owner) => owner.service === service)
      .sort((a, b) => a.ownerid - b.ownerid);
    const page = selectPage(call.request, owners.length);
    const rows = owners.slice(page.from, page.to).map((owner) => JSON.stringify(ownerObject(owner)));
    return renderPage(page, rows);
  },
};

/** `GET /{service}/{owner}/`: public, for organizations and people alike. */
export const ownerDetailView: View = {
  title: "Owner Instance",
  allow: READ_ONLY,
  authorize() {},
  get(call) {
    const { service, owner = "" } = call.parameters;
    requireService(service);
    const found = call.state.findOwner(service, owner);
    if (found === undefined) throw notFound();
    return jsonBody(ownerObject(found));
  },
};

function requireService(service: string): void {
  if (!isKnownService(service)) throw Refusal.detail(404, `Service not found: ${service}`);
}

/** The three keys that the public API shows of any owner. */
export function ownerObject({
  service,
  username,
  name,
}: Owner): Pick<Owner, "service" | "username" | "name"> {
  return { service, username, name };
}
