import { systemClock } from "#kernel/clock.ts";
import { Effects } from "./coverage/effects.ts";
import type { ProviderComparison, ProviderRepositories } from "./coverage/provider.ts";
import type { Repository, StoredReport } from "./coverage/stored.ts";
import type { GeneratedMembers } from "./generated-members.ts";
import { IdSet, isInRange, NO_RANGE } from "./id-set.ts";
import { Roster } from "./roster.ts";
import { ServerTime } from "./server-time.ts";

/** The git services by their long names, and the one that deleted accounts get. */
export const KNOWN_SERVICES: readonly string[] = [
  "github",
  "gitlab",
  "bitbucket",
  "github_enterprise",
  "gitlab_enterprise",
  "bitbucket_server",
  "to_be_deleted",
];

/** A person or an organization. */
export interface Owner {
  readonly ownerid: number;
  /** Long name of the git service, or `to_be_deleted`. */
  readonly service: string;
  readonly username: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly student?: boolean;
  /** When the browser logins expire or expired (ISO 8601). */
  readonly sessions?: readonly string[];
  /** The own list of organizations was never stored. */
  readonly neverSynced?: boolean;
  /** Ids of private repositories with cached access; absent if never cached. */
  readonly permission?: readonly number[];
}

/** The columns of an organization that a seat change loads, edits and writes back as a whole. */
export interface OrganizationRow {
  /** Who holds a seat; null if the list was never stored. */
  seats: IdSet | null;
  admins: IdSet | null;
  /** Paid seats. */
  planUserCount: number | null;
  /** Seats on top of the paid ones. */
  free: number;
}

export interface Organization {
  readonly ownerid: number;
  /** Who lists this organization as their own. */
  readonly members: IdSet;
  row: OrganizationRow;
  autoActivate: boolean;
  /** Plans that do not begin with `users` are not paid by the seat. Default `users`. */
  readonly plan?: string | null;
  /** Id of the billing account, if billed through one. */
  readonly account?: number;
  readonly repos: Repository[];
}

/** What an organization says of a person. */
export interface Flags {
  readonly activated: boolean;
  readonly isAdmin: boolean;
}

/** Seat and admin flag of a person in an organization. */
export function flagsOf({ row }: Organization, ownerid: number): Flags {
  return { activated: row.seats?.has(ownerid) ?? false, isAdmin: row.admins?.has(ownerid) ?? false };
}

/** Several organizations paid together. */
export interface Account {
  readonly id: number;
  readonly seats: number;
  /** Owner ids of the people in the account. */
  readonly people: Set<number>;
}

export interface Token {
  readonly ownerid: number;
  /** ISO 8601; absent if the token does not expire. */
  readonly validUntil?: string;
}

/** Everything the server stores. */
export class ServerState {
  /** Tokens by their 32 lower-case hexadecimal digits. */
  readonly tokens = new Map<string, Token>();
  readonly accounts = new Map<number, Account>();
  /** Coverage reports by the key under which commits name them, made when they are needed. */
  readonly reports = new Map<string, () => StoredReport>();
  /** What the git provider said of two commits, by repository and commits. The server keeps it for a day. */
  readonly comparisons = new Map<string, ProviderComparison>();
  /** What requests changed or caused. */
  readonly effects = new Effects();
  /** The server's time. */
  time = new ServerTime(systemClock);
  /** What the git provider knows; undefined: it cannot be reached. */
  provider: ProviderRepositories | undefined;
  readonly #owners = new Map<number, Owner>();
  readonly #idsByName = new Map<string, number>();
  readonly #organizations = new Map<number, Organization>();
  readonly #rosters = new Map<number, Roster>();
  readonly #generated: GeneratedMembers | undefined;

  constructor(generated?: GeneratedMembers) {
    this.#generated = generated;
  }

  /** The generated people, if the state has any. */
  get generated(): GeneratedMembers | undefined {
    return this.#generated;
  }

  /** Stores a person or organization; another account of the service with the same login loses it. */
  putOwner(owner: Owner): void {
    const previous = this.#owners.get(owner.ownerid);
    if (previous?.username != null) this.#idsByName.delete(nameKey(previous.service, previous.username));
    if (owner.username !== null) {
      const holder = this.findOwner(owner.service, owner.username);
      if (holder !== undefined && holder.ownerid !== owner.ownerid)
        this.putOwner({ ...holder, username: null });
      this.#idsByName.set(nameKey(owner.service, owner.username), owner.ownerid);
    }
    this.#owners.set(owner.ownerid, owner);
    if (this.#generated !== undefined && isInRange(this.#generated.range, owner.ownerid)) {
      this.#generated.override(owner);
    }
  }

  owner(ownerid: number): Owner {
    const owner = this.#owners.get(ownerid);
    if (owner !== undefined) return owner;
    if (this.#generated !== undefined && isInRange(this.#generated.range, ownerid)) {
      return this.#generated.get(ownerid);
    }
    throw new Error(`the simulated server has no owner ${ownerid}`);
  }

  /** By login, which is compared without regard to case. */
  findOwner(service: string, username: string): Owner | undefined {
    const ownerid =
      this.#idsByName.get(nameKey(service, username)) ?? this.#generated?.findByUsername(username);
    const owner = ownerid === undefined ? undefined : this.owner(ownerid);
    return owner?.service === service ? owner : undefined;
  }

  /** Everybody with this login, whatever the service. */
  findByUsername(username: string): Owner[] {
    return KNOWN_SERVICES.flatMap((service) => this.findOwner(service, username) ?? []);
  }

  putOrganization(organization: Organization): void {
    this.#organizations.set(organization.ownerid, organization);
    this.touch();
  }

  /** Every owner can be an organization; one that nobody belongs to has an empty row. */
  organization(ownerid: number): Organization {
    let organization = this.#organizations.get(ownerid);
    if (organization === undefined) {
      const row = { seats: null, admins: null, planUserCount: 1, free: 0 };
      organization = { ownerid, members: new IdSet(NO_RANGE), row, autoActivate: true, repos: [] };
      this.#organizations.set(ownerid, organization);
    }
    return organization;
  }

  organizations(): Iterable<Organization> {
    return this.#organizations.values();
  }

  /** The organizations that a person lists as their own. */
  organizationsOf(ownerid: number): Organization[] {
    return [...this.#organizations.values()].filter(({ members }) => members.has(ownerid));
  }

  roster(organization: Organization): Roster {
    let roster = this.#rosters.get(organization.ownerid);
    if (roster === undefined) {
      roster = new Roster(organization.members, organization.row.seats);
      this.#rosters.set(organization.ownerid, roster);
    }
    return roster;
  }

  /** How many of these people count against the seats. Generated people are no students. */
  countNonStudents(people: IdSet | ReadonlySet<number>): number {
    const total = people instanceof IdSet ? people.size() : people.size;
    const students = [...this.#owners.values()].filter((owner) => owner.student === true);
    return total - students.filter(({ ownerid }) => people.has(ownerid)).length;
  }

  /** To be called after every change of an organization's people, seats or admins. */
  touch(): void {
    this.#rosters.clear();
    this.#generated?.forgetRows();
  }
}

function nameKey(service: string, username: string): string {
  return `${service}/${username.toLowerCase()}`;
}
