import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { RosterWalk } from "#codecov/roster/roster-walk.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Grant } from "#model/grant.ts";
import type { Page, PageRequest } from "#runtime/connector.ts";
import { type GrantScope, toGrants } from "./access-model.ts";
import type { OrganizationReader } from "./organization.ts";

/** Rows per page. Each gives up to three grants of at most some 3 KiB; hosts accept responses of up to 4 MiB. */
const PAGE_ROWS = 400;

/** Whose grants a walk lists, as its page tokens say it. */
const SCOPES: ReadonlyMap<string, GrantScope> = new Map([
  ["org", { org: true, license: false }],
  ["license", { org: false, license: true }],
  ["both", { org: true, license: true }],
]);
export type ScopeName = "org" | "license" | "both";

/** Lists grants page by page from the roster. */
export class GrantLister {
  readonly #connection: ApiAccess;
  readonly #organization: OrganizationReader;
  readonly #walk: RosterWalk;

  constructor(connection: ApiAccess, organization: OrganizationReader, walk: RosterWalk) {
    this.#connection = connection;
    this.#organization = organization;
    this.#walk = walk;
  }

  /**
   * One page. What a walk lists is settled when it begins, and its tokens carry it.
   *
   * @param begin what to list; asked on the first page only. Undefined: nothing.
   * @throws BatonError as the walk, and InvalidArgument for a token that is not of this listing.
   */
  async list(page: PageRequest, begin: () => ScopeName | undefined, ctx: CallContext): Promise<Page<Grant>> {
    const { name, walkToken } = page.pageToken === "" ? { name: begin(), walkToken: "" } : split(page);
    const scope = SCOPES.get(name ?? "");
    if (name === undefined || scope === undefined) return { items: [], nextPageToken: "" };
    const codecov = await this.#connection.forCall(ctx);
    const rows = Math.min(page.pageSize || PAGE_ROWS, PAGE_ROWS);
    const [slice, { target }] = await Promise.all([
      this.#walk.next(walkToken, rows, codecov, ctx),
      this.#organization.read(ctx),
    ]);
    return {
      items: slice.rows.flatMap((row) => toGrants(row, scope, target)),
      nextPageToken: slice.nextToken === "" ? "" : `${name}.${slice.nextToken}`,
    };
  }
}

function split({ pageToken }: PageRequest): { name: string; walkToken: string } {
  const [name = "", walkToken = ""] = pageToken.split(".");
  if (SCOPES.has(name) && walkToken !== "") return { name, walkToken };
  throw new BatonError(
    Code.InvalidArgument,
    "the page token of the grants cannot be used: it is damaged or belongs to another listing; start a new sync",
  );
}
