import { notFound, READ_ONLY, Refusal, ServerFailure } from "./answer.ts";
import { renderUserRow } from "./generated-members.ts";
import { isInRange } from "./id-set.ts";
import { renderPage, renderPieces, selectPage } from "./pagination.ts";
import { parsePythonInteger } from "./python.ts";
import { matchesAllTerms, splitSearch } from "./search.ts";
import { flagsOf, type Organization, type Owner } from "./state.ts";
import { type Call, requireMembership, type View } from "./view.ts";

/** `GET /{service}/{owner}/users/`. */
export const userListView: View = {
  title: "User List",
  allow: READ_ONLY,
  authorize: requireMembership,
  get(call) {
    const organization = requireMembership(call);
    const chosen = filterRoster(call, organization);
    if (chosen === undefined) return renderWholeRoster(call, organization);
    const page = selectPage(call.request, chosen.length);
    const rows = chosen
      .slice(page.from, page.to)
      .map((ownerid) => renderUserRow(call.state.owner(ownerid), flagsOf(organization, ownerid)));
    return renderPage(page, rows);
  },
};

/**
 * The person in the address: by login of whatever service, or by owner id if the text reads as a number. One that fits two
 * people, by login and by id, is more than the server can take.
 */
export function findUser(call: Call, organization: Organization): Owner {
  const { user = "" } = call.parameters;
  if (user.includes("\0")) throw new ServerFailure("NUL in a query");
  const roster = call.state.roster(organization);
  const ids = new Set(
    call.state
      .findByUsername(user)
      .map(({ ownerid }) => ownerid)
      .filter((id) => roster.has(id)),
  );
  const ownerid = parsePythonInteger(user);
  if (ownerid !== undefined && ownerid <= BigInt(Number.MAX_SAFE_INTEGER)) {
    if (roster.has(Number(ownerid))) ids.add(Number(ownerid));
  }
  const [found, ...further] = ids;
  if (found === undefined) throw notFound();
  if (further.length > 0) throw new ServerFailure("more than one person fits");
  return call.state.owner(found);
}

/** The ids that the query parameters leave over; undefined if they leave everybody. */
export function filterRoster(call: Call, organization: Organization): number[] | undefined {
  const { request, state } = call;
  const search = request.lastParameter("search") ?? "";
  if (search.includes("\0")) throw new Refusal(400, ["Null characters are not allowed."]);
  const terms = splitSearch(search);
  const activated = readFilter(request.lastParameter("activated"));
  const isAdmin = readFilter(request.lastParameter("is_admin"));
  if (terms.length === 0 && activated === undefined && isAdmin === undefined) return undefined;

  const chosen: number[] = [];
  for (const ownerid of state.roster(organization).ids()) {
    const flags = flagsOf(organization, ownerid);
    if (activated !== undefined && flags.activated !== activated) continue;
    if (isAdmin !== undefined && flags.isAdmin !== isAdmin) continue;
    if (terms.length > 0 && !matchesAllTerms(state.owner(ownerid), terms)) continue;
    chosen.push(ownerid);
  }
  return chosen;
}

/** Only these spellings filter; every other value counts as absent. */
function readFilter(text: string | undefined): boolean | undefined {
  if (text === "true" || text === "True" || text === "2") return true;
  if (text === "false" || text === "False" || text === "3") return false;
  return undefined;
}

/** The way of large pages: rows of generated people are copied as bytes. */
function renderWholeRoster({ request, state }: Call, organization: Organization): Buffer {
  const roster = state.roster(organization);
  const page = selectPage(request, roster.count);
  const pieces: Buffer[] = [];
  for (const run of roster.runs(page.from, page.to)) {
    if (state.generated !== undefined && isInRange(organization.members.range, run.from)) {
      for (const rows of state.generated.renderRows(run, (id) => flagsOf(organization, id)))
        pieces.push(rows);
    } else {
      for (let id = run.from; id < run.to; id++) {
        pieces.push(Buffer.from(`${renderUserRow(state.owner(id), flagsOf(organization, id))},`));
      }
    }
  }
  const last = pieces.pop();
  if (last !== undefined) pieces.push(last.subarray(0, -1));
  return renderPieces(page, pieces);
}
