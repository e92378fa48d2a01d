import { READ_ONLY, Refusal } from "../answer.ts";
import { IdSet } from "../id-set.ts";
import { findAccount, mayActivate } from "../seats.ts";
import type { Organization, Owner } from "../state.ts";
import { type Call, findOrganization, type View } from "../view.ts";
import { askForRepository } from "./provider.ts";
import type { Repository } from "./stored.ts";

const NO_SEAT_OR_ACCESS =
  "Permission denied: some possible reasons for this are (1) the user doesn't have permission to view the specific " +
  "resource, (2) the organization has a per-user plan or (3) the user is trying to view a private repo but is not " +
  "activated.";

/** The shorter refusal, for example of the routes that also take the super token of an installation. */
export const NOT_PERMITTED = "You do not have permission to perform this action.";

/** The repository in the address and whose it is. */
export interface Place {
  readonly organization: Organization;
  readonly repository: Repository;
}

/** A view below a repository. Those that also take the super token of an installation refuse with other words. */
export function repositoryView(
  title: string,
  answer: (call: Call, place: Place) => Buffer,
  { takesSuperToken = false }: { readonly takesSuperToken?: boolean } = {},
): View {
  return {
    title,
    allow: READ_ONLY,
    takesSuperToken,
    authorize(call) {
      requireReadAccess(call, findPlace(call), takesSuperToken ? NOT_PERMITTED : NO_SEAT_OR_ACCESS);
    },
    get: (call) => answer(call, findPlace(call)),
  };
}

/** Repositories by their names in lower case, as they were when one was last looked for in vain. */
const INDEXES = new WeakMap<readonly Repository[], ReadonlyMap<string, Repository>>();

/** Names are compared without regard to case. A deleted repository is still found. */
export function findRepository({ repos }: Organization, name: string): Repository | undefined {
  const lower = name.toLowerCase();
  const indexed = INDEXES.get(repos)?.get(lower);
  if (indexed?.name.toLowerCase() === lower) return indexed;
  const index = new Map(repos.map((repository) => [repository.name.toLowerCase(), repository]));
  INDEXES.set(repos, index);
  return index.get(lower);
}

function findPlace(call: Call): Place {
  const organization = findOrganization(call);
  const repository = findRepository(organization, call.parameters.repo ?? "");
  if (repository === undefined) throw Refusal.detail(404, "No Repository matches the given query.");
  return { organization, repository };
}

/** For a private repository the seat comes first: it is taken even if access is refused afterwards. */
function requireReadAccess(call: Call, { organization, repository }: Place, refusal: string): void {
  if (!repository.private) return;
  const { caller } = call;
  if (caller === undefined) throw Refusal.detail(404, "Not found.");
  const isActivated = holdsOrTakesSeat(call, organization, caller);
  if (!hasCachedAccess(organization, repository, caller)) {
    const { username } = call.state.owner(organization.ownerid);
    askForRepository(call, username ?? "", repository.name, caller);
    const permission = [...(caller.permission ?? []), repository.repoid];
    call.state.putOwner({ ...caller, permission });
    call.state.effects.cachePermission(caller.ownerid, permission);
  }
  if (!isActivated) throw Refusal.detail(403, refusal);
}

/** Whether the provider need not be asked. Once cached, access is never asked for again. */
export function hasCachedAccess(
  { ownerid }: Organization,
  { repoid }: Repository,
  caller: Owner | undefined,
): boolean {
  if (caller === undefined) return false;
  return caller.ownerid === ownerid || caller.permission?.includes(repoid) === true;
}

/** Whether somebody holds a seat of the organization, after giving one to a member if there is one to give. */
export function holdsOrTakesSeat(call: Call, organization: Organization, caller: Owner): boolean {
  const { row, autoActivate, members, ownerid } = organization;
  if (caller.ownerid === ownerid || !hasSeatPlan(organization)) return true;
  if (!members.has(caller.ownerid)) return false;
  if (row.seats?.has(caller.ownerid) === true) return true;

  const account = findAccount(call.state, organization);
  if (!autoActivate || !mayActivate(call.state, row, account, caller)) return false;
  row.seats ??= new IdSet(members.range);
  row.seats.add(caller.ownerid);
  account?.people.add(caller.ownerid);
  call.state.touch();
  call.state.effects.addSeat(caller.ownerid);
  return true;
}

/** Plans that are not paid by the seat need none. */
function hasSeatPlan({ plan = "users" }: Organization): boolean {
  return plan?.startsWith("users") === true;
}
