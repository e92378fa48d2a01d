/** A store of coverage that no sync could fill in the time of a benchmark. */

import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import type { Day, ListedRepository } from "#codecov/coverage/model/repository.ts";
import { openCoverageStore } from "#codecov/coverage/store/coverage-store.ts";

const HOUR_MS = 60 * 60 * 1_000;
const LINES = 10_000;

/** Fills a new store with measured repositories, each with a value on every day up to today. */
export async function fillStore(path: string, repositories: number, days: number): Promise<void> {
  const now = Date.now();
  const readAt = now - HOUR_MS;
  const organization = { service: "github", owner: "acme", origin: "https://api.codecov.io" };
  using store = await openCoverageStore(path, organization);
  const numbers = Array.from({ length: repositories }, (_, index) => index + 1);
  const listed = numbers.map((number) => makeRepository(number, now));
  store.saveList({ readAt, repositories: listed, missing: [], forgotten: [], notes: [] });
  const daysFrom = addDays(dayOf(now), 1 - days);
  const dates = Array.from({ length: days }, (_, index) => addDays(daysFrom, index));
  for (const number of numbers) {
    const head = {
      sha: number.toString(16).padStart(40, "0"),
      branch: "main",
      committedAt: now - 5 * HOUR_MS,
    };
    store.saveDetails(
      { name: nameOf(number), branch: "main", days: makeDays(number, dates), daysFrom, head, newest: head },
      readAt,
    );
  }
}

/** The name of one of them, counted from 1. */
export function nameOf(number: number): string {
  return `repo-${String(number).padStart(5, "0")}`;
}

function makeRepository(number: number, now: number): ListedRepository {
  const hits = 6_000 + (number % 3_500);
  return {
    name: nameOf(number),
    private: number % 2 === 0,
    branch: "main",
    language: "typescript",
    active: true,
    updatedAt: now - 5 * HOUR_MS,
    state: "measured",
    reason: null,
    totals: { files: 40, lines: LINES, hits, misses: LINES - hits, partials: 0, branches: 12, sessions: 3 },
  };
}

/** Values with the five decimals that Codecov stores. */
function makeDays(number: number, dates: readonly string[]): Day[] {
  return dates.map((day, index) => {
    const avg = 60 + (number % 35) + ((index * 7_919 + number) % 200_000) / 100_000;
    return { day, min: avg - 0.25, max: avg + 0.25, avg };
  });
}
