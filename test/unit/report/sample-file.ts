import { silentLogger } from "#kernel/logger.ts";
import { packAnnotation } from "#model/annotations.ts";
import { makeResource, makeResourceType, type Resource, ResourceStatus, Trait } from "#model/resource.ts";
import { makeUser } from "#model/user.ts";
import { type C1zFile, openC1z } from "#store/c1z-file.ts";
import type { SyncOrigin } from "#store/sync-origin.ts";
import { ManualClock } from "../store/support.ts";

/** A member of a sample; what is not said is ordinary. Fields are those of the profile. */
export interface SampleMember {
  readonly username: string | null;
  readonly name?: string | null;
  readonly email?: string | null;
  readonly service?: string;
  readonly activated?: boolean;
  readonly is_admin?: boolean;
  readonly signIn?: SampleSignIn;
}

export interface SampleSignIn {
  readonly has_active_session: boolean;
  readonly session_expires_at: string | null;
}

export const signedIn: SampleSignIn = {
  has_active_session: true,
  session_expires_at: "2026-12-01T00:00:00.000Z",
};
export const signedOut: SampleSignIn = {
  has_active_session: false,
  session_expires_at: "2026-08-03T00:00:00.000Z",
};
export const neverSignedIn: SampleSignIn = { has_active_session: false, session_expires_at: null };

export interface SampleSync {
  readonly members: Iterable<SampleMember>;
  readonly owner?: string;
  /** 0 if unknown. */
  readonly purchased?: number;
  /** As the license says; the number of seats unless told. */
  readonly consumed?: number;
  readonly type?: "full" | "resources_only" | "partial";
  readonly unfinished?: boolean;
  readonly origin?: SyncOrigin;
}

const WEEK_MS = 7 * 24 * 60 * 60_000;

/** When the last sync of a sample ended. */
export const LAST_SYNC = Date.UTC(2026, 10, 21, 12);

/** Writes a file with these syncs, one a week, with the rows that the Codecov connector tells. */
export async function writeSample(path: string, syncs: readonly SampleSync[]): Promise<void> {
  const clock = new ManualClock(LAST_SYNC - WEEK_MS * (syncs.length - 1));
  await using file = await openC1z(path, { clock, log: silentLogger });
  for (const sync of syncs) {
    addSync(file, sync);
    clock.time += WEEK_MS;
  }
  await file.save();
}

/** Adds a sync to a file that is open; without `save`. */
export function addSync(file: C1zFile, sync: SampleSync): void {
  const { type = "full", owner = "acme", purchased = 0 } = sync;
  const run = file.runs.start(type);
  const writer = file.writer(run.id);
  writer.putResourceTypes([
    makeResourceType({ id: "user", displayName: "User", traits: [Trait.TRAIT_USER] }),
    makeResourceType({ id: "org", displayName: "Organization" }),
    makeResourceType({ id: "license", displayName: "License", traits: [Trait.TRAIT_LICENSE_PROFILE] }),
  ]);
  let seats = 0;
  let batch: Resource[] = [];
  for (const member of sync.members) {
    if (member.activated ?? true) seats += 1;
    if (batch.push(toUser(member, owner)) < 1_000) continue;
    writer.putResources(batch);
    batch = [];
  }
  const trait = packAnnotation("LicenseProfileTrait", {
    purchasedSeats: BigInt(purchased),
    consumedSeats: BigInt(sync.consumed ?? seats),
  });
  writer.putResources([
    ...batch,
    makeResource({ resourceType: "org", id: owner, displayName: owner, profile: { service: "github" } }),
    makeResource({ resourceType: "license", id: owner, displayName: "Seats", annotations: [trait] }),
  ]);
  if (sync.unfinished !== true) file.runs.end(run.id);
  if (sync.origin !== undefined) file.runs.setOrigin(run.id, sync.origin);
}

function toUser({ signIn, ...given }: SampleMember, owner: string): Resource {
  const member = {
    service: "github",
    name: given.username,
    email: given.username === null ? null : `${given.username}@example.com`,
    activated: true,
    is_admin: false,
    ...given,
  };
  const isDeleted = member.service === "to_be_deleted";
  return makeUser({
    resourceType: "user",
    id: member.username ?? `~no-username~github~${member.name}`,
    displayName: member.name ?? "",
    status: {
      status: isDeleted ? ResourceStatus.RESOURCE_STATUS_DELETED : ResourceStatus.RESOURCE_STATUS_ENABLED,
    },
    profile: { ...member, owner, ...signIn },
  });
}
