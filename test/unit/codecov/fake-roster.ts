import type { MemberPageQuery, RosterResponse } from "#codecov/api/members.ts";
import type { Member } from "#codecov/api/schemas.ts";
import type { RosterSource } from "#codecov/roster/roster-end.ts";
import { ROSTER_LIMITS, type RosterLimits } from "#codecov/roster/roster-reader.ts";

/** Limits with which a roster of some dozens needs several windows. */
export const SMALL: RosterLimits = {
  ...ROSTER_LIMITS,
  windowRows: 20,
  minWindowRows: 10,
  anchorRows: 8,
  requiredNames: 3,
};

export function member(number: number, texts: Partial<Member> = {}): Member {
  return {
    service: "github",
    username: `u${number}`,
    name: `Name ${number}`,
    email: `u${number}@acme.example`,
    activated: true,
    is_admin: false,
    ...texts,
  };
}

/** The texts of a member who says nothing of itself. */
export const nobody: Partial<Member> = { username: null, name: null, email: null };

/** Members with the user names `u<from>` and following. */
export function members(count: number, from = 1): Member[] {
  return Array.from({ length: count }, (_, index) => member(from + index));
}

/** A roster that tests change between two requests. */
export class FakeRoster implements RosterSource {
  rows: readonly Member[];
  /** Page and page size of each request. */
  readonly asked: [page: number | "last", pageSize: number][] = [];
  /** How often each page may be asked for at its size; undefined where nothing was said of that. */
  readonly patience: (number | undefined)[] = [];
  /** Comes before each answer; may throw, or give another answer. */
  onRequest: (page: number | "last", pageSize: number) => RosterResponse | undefined = () => undefined;

  constructor(rows: readonly Member[]) {
    this.rows = rows;
  }

  async roster({ page, pageSize, attemptsAtThisSize }: MemberPageQuery): Promise<RosterResponse> {
    this.asked.push([page, pageSize]);
    this.patience.push(attemptsAtThisSize);
    return this.onRequest(page, pageSize) ?? this.answer(page, pageSize);
  }

  answer(page: number | "last", pageSize: number): RosterResponse {
    const pages = Math.max(1, Math.ceil(this.rows.length / pageSize));
    const number = page === "last" ? pages : page;
    if (number > pages) return { kind: "beyond-end" };
    const results = this.rows.slice((number - 1) * pageSize, number * pageSize);
    return { kind: "page", page: { count: this.rows.length, next: number < pages ? "more" : null, results } };
  }
}
