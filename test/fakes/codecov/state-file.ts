import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { normalizeToken } from "./auth.ts";
import {
  buildProvider,
  buildRepository,
  type ProviderDescription,
  type RepositoryDescription,
} from "./coverage/described.ts";
import type { StoredReport } from "./coverage/stored.ts";
import { GeneratedMembers, generatedFlags } from "./generated-members.ts";
import { IdSet } from "./id-set.ts";
import { flagsOf, type Organization, ServerState } from "./state.ts";

/** A state in the format of `test/golden/codecov/codecov-states.json`, and of the states of coverage beside it. */
export interface StateDescription {
  readonly accounts?: readonly AccountDescription[];
  readonly orgs: readonly OrganizationDescription[];
  readonly others: readonly OtherDescription[];
  readonly tokens: Readonly<Record<string, { readonly owner: number; readonly valid_until?: string }>>;
  /** Coverage reports by the key under which commits name them. */
  readonly reports?: Readonly<Record<string, StoredReport>>;
  /** Absent: the git provider cannot be reached. */
  readonly provider?: ProviderDescription;
}

interface AccountDescription {
  readonly id: number;
  readonly plan_seat_count: number;
  readonly free_seat_count: number;
  readonly people: readonly number[];
}

export interface OrganizationDescription {
  readonly ownerid: number;
  readonly service: string;
  readonly username: string;
  readonly name: string | null;
  readonly plan_user_count: number | null;
  readonly free: number;
  readonly plan_auto_activate?: boolean;
  readonly account?: number;
  readonly seats_null?: boolean;
  readonly admins_null?: boolean;
  /** Null: none. Default: one that is paid by the seat. */
  readonly plan?: string | null;
  readonly repos?: readonly RepositoryDescription[];
  readonly members: readonly MemberDescription[] | FormulaDescription;
}

export interface MemberDescription {
  readonly ownerid: number;
  readonly username: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly activated: boolean;
  readonly is_admin: boolean;
  readonly seat_only: boolean;
  readonly student?: boolean;
  readonly service?: string;
  readonly sessions?: readonly string[];
  readonly permission?: readonly number[];
}

interface FormulaDescription {
  readonly $formula: Readonly<Record<string, string>>;
  readonly $plus?: readonly MemberDescription[];
}

interface OtherDescription {
  readonly ownerid: number;
  readonly service: string;
  readonly username: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly organizations: readonly number[] | null;
}

/** A server state, and its tokens by name as a client sends them. */
export interface LoadedState {
  readonly state: ServerState;
  readonly tokens: Readonly<Record<string, string>>;
}

/** A generated organization; see {@link buildGeneratedState}. */
export interface GeneratedOrganizationOptions {
  /** How many rows the roster has; up to 9,999,999. */
  readonly members: number;
  /** Long name of the git service; default `github`. */
  readonly service?: string;
  /** Default `acme`. */
  readonly owner?: string;
  /** Default: seats for everybody. */
  readonly planUserCount?: number;
  /** Renders all rows beforehand, so that even the first reading costs the simulator little. */
  readonly prerender?: boolean;
}

const STATE_FILES = ["codecov-states.json", "codecov-coverage-states.json"].map(
  (file) => new URL(`../../golden/codecov/${file}`, import.meta.url),
);

/** The state of this name in the golden files. */
export function readNamedState(name: string): StateDescription {
  const known: string[] = [];
  for (const url of STATE_FILES) {
    const file: { states: Record<string, StateDescription> } = JSON.parse(readFileSync(url, "utf8"));
    const description = file.states[name];
    if (description !== undefined) return description;
    known.push(...Object.keys(file.states));
  }
  throw new Error(`there is no state ${name}; known are ${known.join(", ")}`);
}

/** Builds a server state; every call gives a fresh one. */
export function buildState(description: StateDescription): LoadedState {
  const state = new ServerState();
  for (const { id, plan_seat_count, free_seat_count, people } of description.accounts ?? []) {
    state.accounts.set(id, { id, seats: plan_seat_count + free_seat_count, people: new Set(people) });
  }
  for (const other of description.others) {
    const { organizations, ...owner } = other;
    state.putOwner({ ...owner, neverSynced: organizations === null });
  }
  for (const [key, report] of Object.entries(description.reports ?? {})) state.reports.set(key, () => report);
  if (description.provider !== undefined) state.provider = buildProvider(description.provider);
  for (const organization of description.orgs) putDescribedOrganization(state, organization);
  for (const { ownerid, organizations } of description.others) {
    for (const id of organizations ?? []) state.organization(id).members.add(ownerid);
  }
  return { state, tokens: putTokens(state, description.tokens) };
}

/**
 * A generated organization of any size. Its rows are a formula of i = 1 … members: two thirds hold a seat,
 * every thousandth is an admin, here and there a name or an e-mail is null. Owner ids start at 1001. The token
 * `admin-token` belongs to the first member, who is an admin, or to the organization account if there is none;
 * `member-token` to the second, who is none and holds no seat; `outsider-token` to somebody who belongs nowhere.
 */
export function buildGeneratedState(options: GeneratedOrganizationOptions): LoadedState {
  const { members: count, service = "github", owner = "acme" } = options;
  const generated = new GeneratedMembers({ count, service });
  const { range } = generated;
  const state = new ServerState(generated);

  const members = new IdSet(range);
  const seats = new IdSet(range);
  const admins = new IdSet(range);
  for (let i = 1; i <= count; i++) {
    const ownerid = range.first + i - 1;
    const { activated, isAdmin } = generatedFlags(i);
    members.add(ownerid);
    if (activated) seats.add(ownerid);
    if (isAdmin) admins.add(ownerid);
  }
  state.putOwner({ ownerid: 100, service, username: owner, name: "Acme Corporation", email: null });
  state.putOwner({ ownerid: 101, service, username: "outsider", name: "Outsider", email: null });
  const row = { seats, admins, planUserCount: options.planUserCount ?? count, free: 0 };
  const organization = { ownerid: 100, members, row, autoActivate: true, repos: [] };
  state.putOrganization(organization);
  if (options.prerender === true) generated.prerender((ownerid) => flagsOf(organization, ownerid));
  const tokens = putTokens(state, {
    "admin-token": { owner: count > 0 ? range.first : 100 },
    ...(count > 1 ? { "member-token": { owner: range.first + 1 } } : {}),
    "outsider-token": { owner: 101 },
  });
  return { state, tokens };
}

function putDescribedOrganization(state: ServerState, description: OrganizationDescription): void {
  const { ownerid, service, username, name, account } = description;
  state.putOwner({ ownerid, service, username, name, email: null });
  const organization: Organization = {
    ownerid,
    members: new IdSet(),
    row: {
      seats: description.seats_null === true ? null : new IdSet(),
      admins: description.admins_null === true ? null : new IdSet(),
      planUserCount: description.plan_user_count,
      free: description.free,
    },
    autoActivate: description.plan_auto_activate ?? true,
    ...(account === undefined ? {} : { account }),
    ...(description.plan === undefined ? {} : { plan: description.plan }),
    repos: (description.repos ?? []).map(buildRepository),
  };
  for (const member of expandMembers(description.members)) {
    const { activated, is_admin, seat_only, ...owner } = member;
    state.putOwner({ ...owner, service: member.service ?? service });
    if (!seat_only) organization.members.add(member.ownerid);
    if (activated) organization.row.seats?.add(member.ownerid);
    if (is_admin) organization.row.admins?.add(member.ownerid);
  }
  state.putOrganization(organization);
}

function expandMembers(members: OrganizationDescription["members"]): readonly MemberDescription[] {
  if (!("$formula" in members)) return members;
  return [...expandFormula(members.$formula), ...(members.$plus ?? [])];
}

/** The formulas of the golden file are prose; these are the ones that occur there. */
function expandFormula(formula: Readonly<Record<string, string>>): MemberDescription[] {
  const [, last = "0"] = /^1\.\.(\d+)$/.exec(formula["i"] ?? "") ?? [];
  const [, base = "0"] = /^(\d+) \+ i$/.exec(formula["ownerid"] ?? "") ?? [];
  const [, prefix = "", digits = "0"] =
    /^"(.*)" \+ i padded to (\d+) digits$/.exec(formula["username"] ?? "") ?? [];
  const [, domain = ""] = /username \+ "(@.*)"$/.exec(formula["email"] ?? "") ?? [];
  return Array.from({ length: Number(last) }, (_, index) => {
    const i = index + 1;
    const username = `${prefix}${String(i).padStart(Number(digits), "0")}`;
    const name = /"([^"]+)" \+ i/.exec(formula["name"] ?? "")?.[1] ?? "";
    return {
      ownerid: Number(base) + i,
      username,
      name: divides(formula["name"], "null", i)
        ? null
        : divides(formula["name"], '""', i)
          ? ""
          : `${name}${i}`,
      email: divides(formula["email"], "null", i) ? null : `${username}${domain}`,
      activated: holds(formula["activated"], i),
      is_admin: holds(formula["is_admin"], i),
      seat_only: holds(formula["seat_only"], i),
    };
  });
}

/** `<value> when i mod n = 0` within a text. */
function divides(text: string | undefined, value: string, i: number): boolean {
  const [, , divisor] = new RegExp(`(^|otherwise )${value} when i mod (\\d+) = 0`).exec(text ?? "") ?? [];
  return divisor !== undefined && i % Number(divisor) === 0;
}

/** `false`, `i is odd`, `i = n`, or `i mod n = m`. */
function holds(text: string | undefined, i: number): boolean {
  if (text === "false" || text === undefined) return false;
  if (text === "i is odd") return i % 2 === 1;
  const [, divisor, value] = /^i(?: mod (\d+))? = (\d+)$/.exec(text) ?? [];
  if (value === undefined) throw new Error(`unknown formula: ${text}`);
  return (divisor === undefined ? i : i % Number(divisor)) === Number(value);
}

/** Stores tokens by their names, and gives them as a client sends them. */
export function putTokens(state: ServerState, tokens: StateDescription["tokens"]): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, { owner, valid_until }] of Object.entries(tokens)) {
    const token = tokenOf(name);
    state.tokens.set(normalizeToken(token), {
      ownerid: owner,
      ...(valid_until === undefined ? {} : { validUntil: valid_until }),
    });
    sent[name] = token;
  }
  return sent;
}

/** Tokens are UUIDs; a name always gives the same one. */
export function tokenOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/s, "$1-$2-4$3-8$4-$5");
}
