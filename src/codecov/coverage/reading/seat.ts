import type { CodecovCall } from "#codecov/api/api.ts";
import type { Owner } from "#codecov/api/schemas.ts";
import { isPassing } from "#kernel/backoff.ts";
import { BatonError } from "#kernel/errors.ts";

/** The API as far as this question needs it. */
export type SeatSource = Pick<CodecovCall, "ownersOfToken" | "roster" | "target">;

/** Whether reading below a private repository takes no seat that is not taken already. */
export interface SeatAnswer {
  readonly isFree: boolean;
  /** The token's owner, as far as it is known. */
  readonly account: string | undefined;
  /** Why not, as the end of a sentence; undefined if it is free. */
  readonly why: string | undefined;
  /** What the question failed with, if that can pass. */
  readonly failure?: BatonError;
}

/** Seat holders of a page: about 400 kB. */
const PAGE_ROWS = 2_000;

/**
 * Finds out whether the token's owner holds a seat of the organization. Any GET below a *private* repository gives a
 * member a seat who has none, even if it then fails; the organization's own token needs none (observed on Codecov
 * 26.7.6).
 *
 * The API does not say whose token it is. But of the accounts that it gives as the token's own, all are organizations
 * except the owner, and only a person holds a seat. Where that leaves a doubt the answer is no. Asks nothing that could
 * take a seat itself.
 */
export async function readSeat(source: SeatSource): Promise<SeatAnswer> {
  try {
    return await findHolder(source);
  } catch (error) {
    if (!(error instanceof BatonError) || !isPassing(error)) throw error;
    return { ...unknown("Codecov failed to say whether the token's owner holds one"), failure: error };
  }
}

async function findHolder(source: SeatSource): Promise<SeatAnswer> {
  const { service, owner } = source.target;
  const owners = await source.ownersOfToken();
  if (owners === undefined || owners.next !== null) return unknown("Codecov does not tell whose token it is");
  const accounts = owners.results;
  const [only, another] = accounts;
  if (only !== undefined && another === undefined && isNamed(only, service, owner))
    return { isFree: true, account: owner, why: undefined };
  if (only === undefined)
    return unknown(`the token belongs to an account of another git service than ${service}`);

  const keys = new Set(accounts.filter(({ username }) => username !== null).map(keyOf));
  const holders = new Set<string>();
  for (let page = 1; ; page += 1) {
    const response = await source.roster({ page, pageSize: PAGE_ROWS, filter: { activated: true } });
    if (response.kind === "refused") return unknown("the token's owner cannot read the member list");
    if (response.kind === "beyond-end") break;
    for (const member of response.page.results)
      if (member.activated && member.username !== null && keys.has(keyOf(member)))
        holders.add(member.username);
    if (response.page.next === null) break;
  }
  const [account, second] = holders;
  if (account !== undefined && second === undefined) return { isFree: true, account, why: undefined };
  return account === undefined
    ? unknown("the token's owner holds no seat")
    : unknown("Codecov does not tell whose token it is");
}

function unknown(why: string): SeatAnswer {
  return { isFree: false, account: undefined, why };
}

function isNamed({ service, username }: Owner, wantedService: string, wanted: string): boolean {
  return service === wantedService && username?.toLowerCase() === wanted.toLowerCase();
}

function keyOf({
  service,
  username,
}: {
  readonly service: string;
  readonly username: string | null;
}): string {
  return `${service}/${username?.toLowerCase()}`;
}
