import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { RosterWalk } from "#codecov/roster/roster-walk.ts";
import type { CallContext } from "#kernel/context.ts";
import type { OrganizationReader } from "./organization.ts";

/**
 * Sends the requests that a sync begins with at the same time. A host lists one type after the other; when it
 * asks for the first, what it will ask for next is on its way already. What failed is asked for again when its
 * turn comes.
 */
export class SyncStart {
  readonly #connection: ApiAccess;
  readonly #organization: OrganizationReader;
  readonly #walk: RosterWalk;

  constructor(connection: ApiAccess, organization: OrganizationReader, walk: RosterWalk) {
    this.#connection = connection;
    this.#organization = organization;
    this.#walk = walk;
  }

  /** Begins to read the organization and its roster. Outside a sync nothing shows that they will be needed. */
  async begin(syncId: string, ctx: CallContext): Promise<void> {
    if (syncId === "") return;
    this.#organization.begin(ctx);
    this.#walk.beginAhead(syncId, await this.#connection.forCall(ctx), ctx);
  }
}
