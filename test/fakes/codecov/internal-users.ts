import { READ_ONLY } from "./answer.ts";
import { renderPage, selectPage } from "./pagination.ts";
import { flagsOf, type Owner } from "./state.ts";
import { filterRoster } from "./users.ts";
import { type Call, requireMembership, type View } from "./view.ts";

/**
 * `GET /internal/{service}/{owner}/users/`: the undocumented list that Codecov's own pages use. It shows the
 * owner id and has an order. Only reading is simulated: a connector must not write there.
 */
export const internalUserListView: View = {
  title: "User List",
  allow: READ_ONLY,
  authorize: requireMembership,
  get(call) {
    const organization = requireMembership(call);
    const roster = call.state.roster(organization);
    const ids = filterRoster(call, organization) ?? [...roster.ids()];
    const ordered = sortIds(call, ids);
    const page = selectPage(call.request, ordered.length);
    const rows = ordered.slice(page.from, page.to).map((ownerid) => {
      const { activated, isAdmin } = flagsOf(organization, ownerid);
      const { username, email, student = false, name } = call.state.owner(ownerid);
      return JSON.stringify({
        activated,
        is_admin: isAdmin,
        username,
        email,
        ownerid,
        student,
        name,
        last_pull_timestamp: null,
      });
    });
    return renderPage(page, rows);
  },
};

const SORTABLE: readonly (keyof Owner)[] = ["name", "username", "email"];

/** Owner ids break ties, and are the order without `ordering`. */
function sortIds({ request, state }: Call, ids: readonly number[]): readonly number[] {
  const ordering = request.lastParameter("ordering") ?? "";
  const isDescending = ordering.startsWith("-");
  const field = SORTABLE.find((candidate) => candidate === ordering.replace(/^-/, ""));
  if (field === undefined) return ids;
  const keys = new Map(ids.map((id) => [id, String(state.owner(id)[field] ?? "\uffff")]));
  const compare = (a: number, b: number): number => {
    const [keyA = "", keyB = ""] = [keys.get(a), keys.get(b)];
    return keyA < keyB ? -1 : keyA > keyB ? 1 : a - b;
  };
  return ids.toSorted((a, b) => (isDescending ? compare(b, a) : compare(a, b)));
}
