import { notFound, Refusal, ServerFailure } from "./answer.ts";
import { renderUserRow } from "./generated-members.ts";
import { IdSet } from "./id-set.ts";
import { readActivated } from "./request-body.ts";
import {
  type Account,
  flagsOf,
  type Organization,
  type OrganizationRow,
  type Owner,
  type ServerState,
} from "./state.ts";
import { findUser } from "./users.ts";
import { type Call, requireMembership } from "./view.ts";

/**
 * Gives or takes a seat the way the server does: load the row of the organization, change its seat list, save
 * the whole row, read the person back. Nothing is locked, so of two changes at the same time the one that
 * saves last undoes the other, and both answer 200.
 */
export async function changeSeat(call: Call): Promise<Buffer> {
  const { clock, random, seatChangePace } = call.settings;
  const pause = async (ms: number): Promise<void> => {
    if (ms > 0) await clock.sleep(ms * (0.5 + random()));
  };
  return await call.settings.workers.run(async () => {
    const organization = requireMembership(call);
    const loaded = copyRow(organization.row);
    const person = findUser(call, organization);
    const activated = readActivated(call.request);
    await pause(seatChangePace.loadToSaveMs);

    if (activated) activate(call.state, organization, loaded, person);
    else deactivate(call.state, organization, loaded, person);
    await pause(seatChangePace.saveToReadMs);

    // Who was listed for the seat alone is gone now: the answer is 404 although the seat was taken.
    if (!call.state.roster(organization).has(person.ownerid)) throw notFound();
    return Buffer.from(
      renderUserRow(call.state.owner(person.ownerid), flagsOf(organization, person.ownerid)),
    );
  });
}

function activate(
  state: ServerState,
  organization: Organization,
  loaded: OrganizationRow,
  person: Owner,
): void {
  const account = findAccount(state, organization);
  if (!mayActivate(state, loaded, account, person)) {
    throw Refusal.detail(400, "Cannot activate user -- not enough seats left.");
  }
  loaded.seats ??= new IdSet(organization.members.range);
  loaded.seats.add(person.ownerid);
  saveRow(state, organization, loaded);
  account?.people.add(person.ownerid);
}

/** Whether a seat is to spare. Students need none. Somebody who holds a seat already does: the rule makes no exception. */
export function mayActivate(
  state: ServerState,
  loaded: OrganizationRow,
  account: Account | undefined,
  person: Owner,
): boolean {
  if (person.student === true) return true;
  if (account !== undefined) {
    return account.people.has(person.ownerid) || state.countNonStudents(account.people) < account.seats;
  }
  if (loaded.planUserCount === null) throw new ServerFailure("null plus a number");
  const used = loaded.seats === null ? 0 : state.countNonStudents(loaded.seats);
  return used < loaded.planUserCount + loaded.free;
}

function deactivate(
  state: ServerState,
  organization: Organization,
  loaded: OrganizationRow,
  person: Owner,
): void {
  if (loaded.seats !== null) {
    loaded.seats.delete(person.ownerid);
    saveRow(state, organization, loaded);
  }
  const account = findAccount(state, organization);
  if (account === undefined) return;
  for (const sibling of state.organizations()) {
    if (sibling.account !== account.id) continue;
    if (sibling.row.seats === null) throw new ServerFailure("a search in null");
    if (sibling.row.seats.has(person.ownerid)) return;
  }
  account.people.delete(person.ownerid);
}

/** The billing account of an organization; undefined if it pays itself. */
export function findAccount(state: ServerState, { account }: Organization): Account | undefined {
  return account === undefined ? undefined : state.accounts.get(account);
}

function copyRow(row: OrganizationRow): OrganizationRow {
  return { ...row, seats: row.seats?.clone() ?? null, admins: row.admins?.clone() ?? null };
}

function saveRow(state: ServerState, organization: Organization, row: OrganizationRow): void {
  organization.row = row;
  state.touch();
}
