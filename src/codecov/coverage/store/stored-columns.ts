import type { Organization, Reading } from "#codecov/coverage/model/ledger.ts";
import { PULL_STATES, type PullDetails, type PullState } from "#codecov/coverage/model/pull.ts";
import { type SourceCommit, STATES, type State } from "#codecov/coverage/model/repository.ts";
import type { PatchTotals, Totals } from "#codecov/coverage/model/totals.ts";
import { type Row, readInteger, readOptionalText, readText } from "#files/database.ts";
import { BatonError, Code } from "#kernel/errors.ts";

const MS_PER_DAY = 86_400_000;

/** Days are stored in units of 0.00001 %, in which Codecov stores coverage itself. */
const UNITS_PER_PERCENT = 100_000;

/** `2026-11-27` as the number of days since 1970-01-01. */
export function toDayNumber(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / MS_PER_DAY);
}

const dayTexts = new Map<number, string>();

/** The same backwards; a report asks for the same few hundred days thousands of times. */
export function toDayText(day: number): string {
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
    dayTexts.set(day, text);
  }
  return text;
}

/** A percentage in stored units: exact with up to five decimals, otherwise the next lower one. */
export function toUnits(percent: number): number {
  const units = Math.round(percent * UNITS_PER_PERCENT);
  return units / UNITS_PER_PERCENT > percent ? units - 1 : units;
}

export function fromUnits(units: number): number {
  return units / UNITS_PER_PERCENT;
}

export function encodeTotals(totals: Totals | null): string | null {
  if (totals === null) return null;
  const { files, lines, hits, misses, partials, branches, sessions } = totals;
  return JSON.stringify([files, lines, hits, misses, partials, branches, sessions]);
}

export function decodeTotals(row: Row, column: string): Totals | null {
  const counts = decode(row, column);
  if (counts === null) return null;
  if (!Array.isArray(counts) || counts.length !== 7) throw damaged(column);
  const [files, lines, hits, misses, partials, branches, sessions] = counts;
  return {
    files: takeOptionalCount(files, column),
    lines: takeCount(lines, column),
    hits: takeCount(hits, column),
    misses: takeCount(misses, column),
    partials: takeCount(partials, column),
    branches: takeOptionalCount(branches, column),
    sessions: takeOptionalCount(sessions, column),
  };
}

export function encodePatch(patch: PatchTotals | null): string | null {
  return patch === null ? null : JSON.stringify([patch.hits, patch.misses, patch.partials]);
}

export function decodePatch(row: Row, column: string): PatchTotals | null {
  const counts = decode(row, column);
  if (counts === null) return null;
  if (!Array.isArray(counts) || counts.length !== 3) throw damaged(column);
  const [hits, misses, partials] = counts.map((count) => takeCount(count, column));
  if (hits === undefined || misses === undefined || partials === undefined) throw damaged(column);
  return { hits, misses, partials };
}

export function encodeJson(
  value: SourceCommit | PullDetails | Reading | readonly string[] | null,
): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** What this program has stored as JSON; its shape is that of the schema's version, so only damage is looked for. */
export function decodeCommit(row: Row, column: string): SourceCommit | null {
  return decodeObject(row, column, ["sha", "committedAt"]) as SourceCommit | null;
}

export function decodeDetails(row: Row, column: string): PullDetails | null {
  return decodeObject(row, column, ["comparison", "untracked"]) as PullDetails | null;
}

export function decodeReading(row: Row, column: string): Reading | null {
  return decodeObject(row, column, ["startedAt", "endedAt", "failed", "notes"]) as Reading | null;
}

export function decodeStrings(row: Row, column: string): readonly string[] {
  const value = decode(row, column);
  if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) throw damaged(column);
  return value;
}

export function readState(row: Row): State {
  const text = readText(row, "state");
  const state = STATES.find((known) => known === text);
  if (state === undefined) throw damaged("state");
  return state;
}

export function readPullState(row: Row): PullState | null {
  const text = readOptionalText(row, "state");
  if (text === undefined) return null;
  const state = PULL_STATES.find((known) => known === text);
  if (state === undefined) throw damaged("state");
  return state;
}

export function readNullableInteger(row: Row, column: string): number | null {
  return row[column] === null ? null : readInteger(row, column);
}

export function readNullableText(row: Row, column: string): string | null {
  return readOptionalText(row, column) ?? null;
}

export function readNullableBoolean(row: Row, column: string): boolean | null {
  const value = readNullableInteger(row, column);
  return value === null ? null : value !== 0;
}

export function readOrganization(row: Row): Organization {
  return {
    service: readText(row, "service"),
    owner: readText(row, "owner"),
    origin: readText(row, "origin"),
  };
}

/** A value of a day-row, which is read as an array. */
export function takeInteger(value: unknown): number {
  if (typeof value !== "number") throw damaged("day");
  return value;
}

function decode(row: Row, column: string): unknown {
  const text = readOptionalText(row, column);
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(column, cause);
  }
}

function decodeObject(row: Row, column: string, keys: readonly string[]): unknown {
  const value = decode(row, column);
  if (value === null) return null;
  if (typeof value !== "object" || !keys.every((key) => Object.hasOwn(value, key))) throw damaged(column);
  return value;
}

function takeCount(value: unknown, column: string): number {
  if (!Number.isSafeInteger(value) || typeof value !== "number" || value < 0) throw damaged(column);
  return value;
}

function takeOptionalCount(value: unknown, column: string): number | null {
  return value === null ? null : takeCount(value, column);
}

function damaged(column: string, cause?: unknown): BatonError {
  return new BatonError(
    Code.DataLoss,
    `the store is damaged: column ${column} does not contain what this program writes; restore it from a copy, or sync into a new one`,
    { cause },
  );
}
