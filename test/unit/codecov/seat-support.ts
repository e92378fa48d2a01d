import type { CallContext } from "#kernel/context.ts";
import { hasAnnotation } from "#model/annotations.ts";
import { Entitlement } from "#model/entitlement.ts";
import { Grant } from "#model/grant.ts";
import { makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import type { CodecovSimulator } from "../../fakes/codecov/simulator.ts";
import type { StateDescription } from "../../fakes/codecov/state-file.ts";
import { type Setup, type SetupConfig, setUp } from "./support.ts";

/** What hosts send for the id of a grant that they do not know. */
const UNKNOWN_GRANT_ID = "🧸_UNKNOWN_GRANT_ID";

export type SeatResult = "changed" | "unchanged";

export interface SeatSetup extends Setup {
  /** Grants the seat, as a host does after a sync. */
  readonly grant: (userId: string, ctx?: CallContext) => Promise<SeatResult>;
  readonly revoke: (userId: string, ctx?: CallContext) => Promise<SeatResult>;
}

/** The organization that is called `owner` in a state of the simulator, with changes allowed. */
export async function setUpSeats(
  state: string | StateDescription,
  owner: string,
  config: SetupConfig = {},
): Promise<SeatSetup> {
  const setup = await setUp({ state }, { owner, provisioning: true, ...config });
  const { connector } = setup;
  const syncer = connector.syncers.find(({ resourceType }) => resourceType.id === "license");
  const entitlement = licenseEntitlement(owner.replace(":", "/").toLowerCase());
  return {
    ...setup,
    async grant(userId, ctx = setup.ctx) {
      const principal = Resource.fromPartial({ id: makeResourceId("user", userId) });
      const result = await syncer?.grant?.(principal, entitlement, ctx);
      return hasAnnotation(result?.annotations ?? [], "GrantAlreadyExists") ? "unchanged" : "changed";
    },
    async revoke(userId, ctx = setup.ctx) {
      const principal = Resource.fromPartial({ id: makeResourceId("user", userId) });
      const grant = Grant.fromPartial({ id: UNKNOWN_GRANT_ID, entitlement, principal });
      const result = await syncer?.revoke?.(grant, ctx);
      return hasAnnotation(result?.annotations ?? [], "GrantAlreadyRevoked") ? "unchanged" : "changed";
    },
  };
}

/** The one entitlement that can be granted, as a host sends it. */
export function licenseEntitlement(organization: string): Entitlement {
  return Entitlement.fromPartial({
    id: `license:${organization}:assigned`,
    resource: Resource.fromPartial({ id: makeResourceId("license", organization) }),
  });
}

/** Ids of those who hold a seat of the organization, as the server has stored it. */
export function seatHolders({ state }: CodecovSimulator, service: string, owner: string): number[] {
  const organization = state.organization(state.findOwner(service, owner)?.ownerid ?? 0);
  return [...state.roster(organization).ids()].filter((id) => organization.row.seats?.has(id));
}

/** The requests that were more than reading, as `method path`. */
export function writesOf({ requests }: CodecovSimulator): string[] {
  return requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
}
