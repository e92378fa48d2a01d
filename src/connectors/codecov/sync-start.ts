import type { CallContext } from "#kernel/context.ts";
import type { CodecovConnection } from "./connection.ts";
import type { RosterWalk } from "./roster-walk.ts";
import type { Owner } from "./schemas.ts";
import { SliceCache } from "./slice-cache.ts";

/**
 * Sends the requests that a sync begins with at the same time. A host lists one type after the other; when it
 * asks for the first, what it will ask for next is on its way already. Each answer serves one sync, and what
 * failed is asked for again when its turn comes.
 */
export class SyncStart {
  readonly #connection: CodecovConnection;
  readonly #walk: RosterWalk;
  readonly #owners = new SliceCache<Promise<Owner | undefined>>();

  constructor(connection: CodecovConnection, walk: RosterWalk) {
    this.#connection = connection;
    this.#walk = walk;
  }

  /** Begins to read the organization and its roster. Outside a sync nothing tells that they will be wanted. */
  async begin(syncId: string, ctx: CallContext): Promise<void> {
    if (syncId === "") return;
    const owner = (await this.#connection.forCall(ctx)).owner();
    owner.catch(() => undefined);
    this.#owners.set(syncId, owner, ctx.clock.monotonic());
    this.#walk.beginAhead(syncId, await this.#connection.forCall(ctx), ctx);
  }

  /** The organization, or undefined if Codecov knows none of that name. */
  async owner(syncId: string, ctx: CallContext): Promise<Owner | undefined> {
    const ahead = await this.#owners.take(syncId, ctx.clock.monotonic())?.catch(() => undefined);
    return ahead ?? (await this.#connection.forCall(ctx)).owner();
  }

  forget(): void {
    this.#owners.clear();
  }
}
