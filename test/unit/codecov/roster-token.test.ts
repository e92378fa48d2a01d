import { describe, expect, it } from "vitest";
import {
  decodeRosterToken,
  encodeRosterToken,
  type RosterOrigin,
  type RosterPosition,
} from "#codecov/roster/roster-token.ts";
import { BatonError, Code } from "#kernel/errors.ts";

const ORIGIN: RosterOrigin = { roster: "acme", server: "here" };

/** Fingerprints have 11 characters. */
const ALICE = "alice-12345";
const BOB = "bob-1234567";

const POSITION: RosterPosition = {
  read: 40,
  anchor: [ALICE, BOB],
  unnamed: new Map([
    [ALICE, 2],
    [BOB, 0],
  ]),
  returnedAfterAnchor: 3,
  windowRows: 20,
  growAfter: 4,
  goodWindows: 1,
  restarts: 2,
  windows: 7,
  claimedCount: 40,
};

/** The fields of a good token. Those in `changes` are replaced, by their place. */
function tokenOf(changes: Readonly<Record<number, unknown>> = {}): string {
  const fields = [2, "acme", "here", [40, 3, 20, 4, 1, 2, 7, 41], ALICE + BOB, [[ALICE, 2]]];
  return packed(Object.assign(fields, changes));
}

function packed(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function codeOf(token: string): unknown {
  try {
    return decodeRosterToken(token, "acme");
  } catch (error) {
    return error instanceof BatonError ? error.code : error;
  }
}

describe("a page token of the roster", () => {
  it.each([
    ["with everything in it", POSITION],
    ["of a walk that has just begun", { ...POSITION, anchor: [], unnamed: new Map<string, number>() }],
    ["without a claimed end", { ...POSITION, claimedCount: undefined }],
    ["of a roster that is said to be empty", { ...POSITION, claimedCount: 0 }],
  ])("gives back the position %s, and the server", (_, position) => {
    const token = encodeRosterToken(position, ORIGIN);
    expect(decodeRosterToken(token, "acme")).toEqual({ position, server: "here" });
  });

  it("never asks for windows of no rows", () => {
    const counts = [40, 3, 0, 4, 1, 2, 7, 41];
    expect(decodeRosterToken(tokenOf({ 3: counts }), "acme").position.windowRows).toBe(1);
  });

  it("is taken if all fields are as they should be", () => {
    expect(codeOf(tokenOf())).toMatchObject({ position: { read: 40, anchor: [ALICE, BOB] } });
  });

  it.each([
    ["has another version", tokenOf({ 0: 1 })],
    ["belongs to another roster", tokenOf({ 1: "other" })],
    ["names no server", tokenOf({ 2: 1 })],
    ["has no list of counts", tokenOf({ 3: "12345678" })],
    ["has a count too few", tokenOf({ 3: [40, 3, 20, 4, 1, 2, 7] })],
    ["has a count too many", tokenOf({ 3: [40, 3, 20, 4, 1, 2, 7, 41, 1] })],
    ["has a negative count", tokenOf({ 3: [-1, 3, 20, 4, 1, 2, 7, 41] })],
    ["has half a row", tokenOf({ 3: [40, 3, 20, 4, 1, 2, 7, 1.5] })],
    ["has a text among its counts", tokenOf({ 3: ["40", 3, 20, 4, 1, 2, 7, 41] })],
    ["has an anchor that is no text", tokenOf({ 4: [ALICE] })],
    ["has an empty list for an anchor", tokenOf({ 4: [] })],
    ["has an anchor that was cut", tokenOf({ 4: (ALICE + BOB).slice(1) })],
    ["has no list of members without a user name", tokenOf({ 5: { length: 0 } })],
    ["has a member that is no pair", tokenOf({ 5: [ALICE] })],
    ["has a pair for a member that is a text", tokenOf({ 5: ["a1"] })],
    ["has a member with too little", tokenOf({ 5: [[ALICE]] })],
    ["has a member with too much", tokenOf({ 5: [[ALICE, 1, 1]] })],
    ["has a member with a number for a fingerprint", tokenOf({ 5: [[1, 1]] })],
    ["has a member that was counted a negative number of times", tokenOf({ 5: [[ALICE, -1]] })],
    ["is no list", packed({ length: 6 })],
    ["is a text", packed("acme")],
    ["is nothing", packed(null)],
    ["is no JSON", "x"],
  ])("is refused if it %s", (_, token) => {
    expect(codeOf(token)).toBe(Code.InvalidArgument);
  });
});
