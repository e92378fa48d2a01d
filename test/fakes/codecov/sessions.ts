import { notFound, READ_ONLY, Refusal, ServerFailure } from "./answer.ts";
import { refuseAsProvider } from "./coverage/provider.ts";
import { renderPage, selectPage } from "./pagination.ts";
import type { Owner } from "./state.ts";
import { type Call, findOrganization, requireCaller, type View } from "./view.ts";

/** `GET /{service}/{owner}/user-sessions/`. */
export const sessionListView: View = {
  title: "User Session List",
  allow: READ_ONLY,
  authorize: requireAdmin,
  get(call) {
    const roster = call.state.roster(findOrganization(call));
    const page = selectPage(call.request, roster.count);
    const positionOf = chooseOrder(roster.count, page.to);
    const now = call.settings.clock.now();
    const ids = page.to - page.from > 1 ? [...roster.ids()] : undefined;
    const rows: string[] = [];
    for (let place = page.from; place < page.to; place++) {
      const position = positionOf(place);
      rows.push(renderSession(call.state.owner(ids?.[position] ?? roster.idAt(position)), now));
    }
    return renderPage(page, rows);
  },
};

function renderSession({ username, name, sessions = [] }: Owner, now: number): string {
  const latest = sessions.reduce<string | null>(
    (best, expiry) => (best === null || Date.parse(expiry) > Date.parse(best) ? expiry : best),
    null,
  );
  const has_active_session = latest !== null && Date.parse(latest) > now;
  return JSON.stringify({ username, name, has_active_session, expiry_date: latest });
}

/**
 * The list has no order of its own: the database reads the first part of a long list one way and whatever goes
 * beyond it another way, so that a walk over pages repeats some people and loses others. The part is such
 * that walks lose about as many as recorded on Codecov 26.7.6 (acme-52, exact-40 and bulk-2345).
 *
 * Returns the roster position that stands at a place of the list, for a page that ends at `to`.
 */
function chooseOrder(count: number, to: number): (place: number) => number {
  const firstPart = Math.floor(count * (count < 1000 ? 0.24 : 0.735));
  if (to <= firstPart) return (place) => place;
  const step = coprimeStep(count);
  return (place) => ((place + 1) * step) % count;
}

/** A step that, taken again and again round the list, reaches every position once and leaves no pattern. */
function coprimeStep(count: number): number {
  let step = Math.max(1, Math.floor(count * 0.6180339887));
  while (greatestCommonDivisor(step, count) !== 1) step++;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * Hosted: the organization itself, its admins, and whomever the git provider calls an admin; membership does
 * not matter. Self-hosted: only the administrators that the installation names.
 */
function requireAdmin(call: Call): void {
  const caller = requireCaller(call);
  const { ownerid, row } = findOrganization(call);
  const { selfHosted, siteAdmins } = call.settings;
  const isAdmin = selfHosted
    ? siteAdmins.includes(`${caller.service}/${caller.username}`)
    : caller.ownerid === ownerid || row.admins?.has(caller.ownerid) === true || askProvider(call);
  if (!isAdmin) throw Refusal.detail(403, "You do not have permission to perform this action.");
}

/** Whether the git provider says admin. What it says of errors goes to the client. */
function askProvider({ parameters, settings }: Call): boolean {
  const { provider = "unreachable" } = settings;
  if (provider === "unreachable") throw new ServerFailure("no git provider");
  const { status, answer, headers } = provider;
  if (status === 200) return answer["role"] === "admin";
  if (status >= 400) throw refuseAsProvider(parameters.service, status, headers);
  throw notFound();
}
