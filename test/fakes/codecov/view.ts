import type { Clock } from "#kernel/clock.ts";
import { notFound, Refusal, Unauthorized } from "./answer.ts";
import type { ApiRequest } from "./request.ts";
import { KNOWN_SERVICES, type Organization, type Owner, type ServerState } from "./state.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** What the git provider says to whatever the server asks it. */
export type ProviderAnswer =
  | "unreachable"
  | {
      readonly status: number;
      readonly answer: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** How long a seat change takes between loading the organization, saving it, and reading it back. */
export interface SeatChangePace {
  /** Milliseconds from load to save; the actual time varies from half to one and a half of it. */
  readonly loadToSaveMs: number;
  /** Milliseconds from save to the read whose result is answered; varies likewise. */
  readonly saveToReadMs: number;
  /** How many seat changes are worked on at once; further ones queue. */
  readonly workers: number;
}

export interface ServerSettings {
  readonly clock: Clock;
  readonly selfHosted: boolean;
  /** Self-hosted only: a token that belongs to nobody and reads every repository; undefined: there is none. */
  readonly superToken: string | undefined;
  /** Whether the deployment keeps time series, from which trends are read once they are filled. */
  readonly timeSeries: boolean;
  /** Accounts that a self-hosted installation names as administrators, as `service/username`. */
  readonly siteAdmins: readonly string[];
  /** Default: what the state says of the git provider, which is unreachable if the state says nothing. */
  readonly provider: ProviderAnswer | undefined;
  readonly seatChangePace: SeatChangePace;
  /** Works on the seat changes. */
  readonly workers: WorkerPool;
  /** A number from 0 to 1; seeded, so that a run can be repeated. */
  readonly random: () => number;
}

/** The parts of the address. `service` is a long name if the server knows it, else what was sent. */
export interface RouteParameters {
  readonly service: string;
  readonly owner?: string;
  readonly user?: string;
  readonly repo?: string;
  /** What the address names below the repository. */
  readonly item?: string;
}

/** One request on its way through a view. */
export interface Call {
  readonly request: ApiRequest;
  readonly state: ServerState;
  readonly settings: ServerSettings;
  readonly parameters: RouteParameters;
  /** Whom the token belongs to; undefined without credentials. */
  readonly caller: Owner | undefined;
}

/** One resource of the API. Handlers answer the body as JSON; refusals are thrown. */
export interface View {
  /** As in the title of the browsable page. */
  readonly title: string;
  readonly allow: string;
  /** Whether the super token of a self-hosted installation reads here, without a seat and without the git provider. Default false. */
  readonly takesSuperToken?: boolean;
  /** Who may come in; runs before the method and the body are looked at. */
  authorize(call: Call): void;
  get(call: Call): Buffer;
  patch?(call: Call): Promise<Buffer>;
}

/** Whether the server knows a git service by this long name. */
export function isKnownService(service: string): boolean {
  return KNOWN_SERVICES.includes(service);
}

/** The caller, or a 401. */
export function requireCaller(call: Call): Owner {
  if (call.caller === undefined) throw new Unauthorized("Authentication credentials were not provided.");
  return call.caller;
}

/** The owner in the address, which need not be an organization. */
export function findOrganization(call: Call): Organization {
  const { service, owner = "" } = call.parameters;
  if (!isKnownService(service)) throw Refusal.detail(404, "Invalid service for Owner.");
  const found = call.state.findOwner(service, owner);
  if (found === undefined) throw notFound();
  return call.state.organization(found.ownerid);
}

/** Members and the organization itself; to everybody else the organization does not exist. */
export function requireMembership(call: Call): Organization {
  const caller = requireCaller(call);
  const organization = findOrganization(call);
  const isMember = organization.members.has(caller.ownerid) || organization.ownerid === caller.ownerid;
  if (!isMember) throw notFound();
  return organization;
}
