import { BoundedMap } from "#kernel/bounded-map.ts";
import { LICENSE_TYPE, ORG_TYPE } from "./type-ids.ts";

/** Syncs that are remembered at once; a host runs one at a time. */
const MAX_SYNCS = 8;

interface Entry {
  readonly listed: Set<string>;
  orgEntitlementsListed: boolean;
  seats: number | undefined;
}

/**
 * What this process has seen of a running sync: a few words that save requests. Every response is complete without
 * them as well, after a restart for instance.
 */
export class SyncCache {
  readonly #entries = new BoundedMap<string, Entry>(MAX_SYNCS);

  /** The resources of a type were listed. */
  noteListed(syncId: string, resourceType: string): void {
    this.#entry(syncId)?.listed.add(resourceType);
  }

  noteOrgEntitlements(syncId: string): void {
    const entry = this.#entry(syncId);
    if (entry !== undefined) entry.orgEntitlementsListed = true;
  }

  /** A walk over the whole roster has found `count` seats. */
  noteSeats(syncId: string, count: number): void {
    const entry = this.#entry(syncId);
    if (entry !== undefined) entry.seats = count;
  }

  seats(syncId: string): number | undefined {
    return this.#entries.get(syncId)?.seats;
  }

  /**
   * Whether the grants of the license are left to the listing of the organization's grants. Only if both were
   * listed in this sync is it certain that the latter will be asked for.
   */
  leavesLicenseToOrg(syncId: string): boolean {
    const listed = this.#entries.get(syncId)?.listed;
    return listed?.has(ORG_TYPE) === true && listed.has(LICENSE_TYPE);
  }

  /**
   * Whether the organization's grants bring those of the license along: if that was promised, or may have been
   * by a process before this one. It was not if the present process has seen how the sync came to the
   * organization: a process before it can only have been asked for grants after that.
   */
  orgBringsLicense(syncId: string): boolean {
    if (syncId === "") return false;
    const entry = this.#entries.get(syncId);
    if (this.leavesLicenseToOrg(syncId)) return true;
    return entry === undefined || !(entry.listed.has(ORG_TYPE) || entry.orgEntitlementsListed);
  }

  forget(syncId: string): void {
    this.#entries.delete(syncId);
  }

  #entry(syncId: string): Entry | undefined {
    if (syncId === "") return undefined;
    const known = this.#entries.get(syncId);
    if (known !== undefined) return known;
    const entry: Entry = { listed: new Set(), orgEntitlementsListed: false, seats: undefined };
    this.#entries.set(syncId, entry);
    return entry;
  }
}
