import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Fault } from "../fakes/codecov/faults.ts";
import { INTENDED_DIFFERENCES } from "./intended-differences.ts";
import {
  CONNECTOR_DIFFERENCES,
  HOST_DIFFERENCES,
  type IntendedMessageDifference,
} from "./service-differences.ts";
import {
  ARRIVAL,
  CODECOV,
  COMPANY,
  HELLO_OUTAGE,
  LARGE_SYNC,
  REFUSED_HELLO,
  REFUSED_TOKEN,
  SEATS_REFUSED,
  STALLED,
  TERMINATED,
  TOKEN_OUTAGE,
} from "./service-scenarios.ts";
import { compareFiles, type Listing, readRows } from "./support/compare.ts";
import {
  type Conversation,
  compareConversations,
  converse,
  type Meeting,
  type MessageDifference,
} from "./support/conversation.ts";

const LISTINGS: readonly Listing[] = ["resources", "entitlements", "grants"];
const SYNCS = ["full sync", "sync of users", "sync of resources", "sync without grants"];

const STALL: Fault = { kind: "stall", processed: false };
const PROVISIONING = { BATON_PROVISIONING: "true" };

const HOOK_TIMEOUT_MS = 180_000;

/** What every Go connector does, what the Go connector for Codecov does, and what we do. */
type Side = "goHost" | "reference" | "own";

const SIDES: Readonly<Record<Side, Pick<Meeting, "host" | "connector">>> = {
  goHost: { host: "go", connector: "own" },
  reference: { host: "go", connector: "reference" },
  own: { host: "own", connector: "own" },
};

/** What the programs of a pair have in common. */
type Subject = Omit<Meeting, "title" | "host" | "connector">;

/** Two programs that say the same to C1, but for what is intended. */
interface Pair {
  readonly title: string;
  readonly left: Conversation;
  readonly right: Conversation;
  readonly intended: readonly IntendedMessageDifference[];
}

describe.skipIf(!inject("goPrograms").available)("in service mode", () => {
  const conversations: Conversation[] = [];
  const own: Conversation[] = [];
  const pairs: Pair[] = [];
  let goHost: Conversation;
  let reference: Conversation;
  let ours: Conversation;

  async function meet(meeting: Meeting): Promise<Conversation> {
    const conversation = await converse(meeting);
    conversations.push(conversation);
    if (meeting.host === "own") own.push(conversation);
    return conversation;
  }

  /** One conversation of each side. */
  async function meetAll(title: string, meeting: Subject) {
    const [left, other, right] = await Promise.all([
      meet({ ...meeting, title, ...SIDES.goHost }),
      meet({ ...meeting, title, ...SIDES.reference }),
      meet({ ...meeting, title, ...SIDES.own }),
    ]);
    pairs.push({ title: `${title}, both hosts`, left, right, intended: HOST_DIFFERENCES });
    const intended = [...HOST_DIFFERENCES, ...CONNECTOR_DIFFERENCES];
    pairs.push({ title: `${title}, both connectors`, left: other, right, intended });
    return { goHost: left, reference: other, ours: right };
  }

  /** One conversation of either host with the same connector. */
  async function meetBoth(title: string, connector: "own" | "toy", meeting: Subject) {
    const [left, right] = await Promise.all([
      meet({ ...meeting, title, host: "go", connector }),
      meet({ ...meeting, title, host: "own", connector }),
    ]);
    pairs.push({ title, left, right, intended: HOST_DIFFERENCES });
  }

  beforeAll(async () => {
    const stall: Meeting["prepare"] = ({ simulator }) => {
      simulator.faults.add({ path: "/users", times: null, fault: STALL });
    };
    const meetAtLength = async () => {
      ({ goHost, reference, ours } = await meetAll("Codecov", { steps: CODECOV, env: PROVISIONING }));
      await meetBoth("a large organization", "own", {
        steps: [...ARRIVAL, LARGE_SYNC],
        organization: { generated: { members: 12_000, owner: "acme" }, owner: "acme" },
      });
    };
    const meetInTrouble = async () => {
      await meetBoth("a Codecov that does not answer", "own", { steps: STALLED, prepare: stall });
      await meetBoth("a termination", "own", { steps: TERMINATED, prepare: stall, signal: "SIGTERM" });
      await meetBoth("a C1 that is down", "own", { steps: HELLO_OUTAGE });
      await meetBoth("a token endpoint that is down", "own", { steps: TOKEN_OUTAGE });
      await meetBoth("a refused token", "own", { steps: REFUSED_TOKEN });
      await meetBoth("a refused greeting", "own", { steps: REFUSED_HELLO });
      await meetAll("no provisioning", { steps: SEATS_REFUSED });
      await meetBoth("a company that has everything", "toy", { steps: COMPANY, env: PROVISIONING });
    };
    // Most of the time everybody waits.
    await Promise.all([meetAtLength(), meetInTrouble()]);
  }, HOOK_TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all(conversations.map(async (conversation) => await conversation[Symbol.asyncDispose]()));
  });

  it("no program breaks a rule of C1", () => {
    expect(conversations.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it("C1 hears the same as from a Go connector, but for what is intended", () => {
    const unexplained = pairs.flatMap(({ title, left, right, intended }) =>
      compareConversations(left, right)
        .filter((difference) => !intended.some((one) => one.matches(difference)))
        .map((difference) => ({ title, ...difference })),
    );
    expect(unexplained).toEqual([]);
  });

  it("differs in all the ways that are intended", () => {
    const found: MessageDifference[] = pairs.flatMap(({ left, right }) => compareConversations(left, right));
    const missing = [...HOST_DIFFERENCES, ...CONNECTOR_DIFFERENCES].filter(
      (intended) => !found.some((difference) => intended.matches(difference)),
    );
    expect(missing.map(({ reason }) => reason)).toEqual([]);
  });

  it("leaves no temporary files behind", () => {
    expect(own.flatMap(({ leftovers }) => leftovers)).toEqual([]);
  });

  it("uploads large files in more than one part, as large as those of Go connectors", () => {
    const sent = pairs.flatMap(({ left, right }) =>
      [left, right].flatMap(({ messages }) => messages.get("large sync: UploadAsset 1") ?? []),
    );
    expect(sent.map((message) => [message.get("request.1.data"), message.get("request.2.data")])).toEqual([
      ['"full"', '"the rest"'],
      ['"full"', '"the rest"'],
    ]);
  });

  // A busy machine makes pauses longer, never shorter.
  it.each([
    ["polls that fail: GetTask 2", 0.7],
    ["polls that fail: GetTask 3", 3],
    ["upload that fails twice: UploadAsset 3", 0.9],
    ["upload that always fails: UploadAsset 3", 0.9],
    ["hello outage: Hello 2", 0.9],
    ["hello outage: Hello 3", 1.9],
    ["sync whose heartbeats fail: Heartbeat 3", 0.9],
  ])("both hosts wait before they try again: %s after %d s", (message, seconds) => {
    const pauses = pairs.flatMap(({ left, right }) =>
      [left, right].flatMap((conversation) => conversation.pauses.get(message) ?? []),
    );
    expect(pauses.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(seconds * 1_000);
  });

  // The reference connector cannot be asked for single resources.
  it.each(LISTINGS)("the file of a targeted sync holds the %s that the Go host uploads", async (listing) => {
    const [theirs, file] = [goHost, ours].map((conversation) => uploadOf(conversation, "targeted sync"));
    expect(await compareFiles(theirs ?? "", file ?? "", listing)).toEqual([]);
    expect((await readRows(file ?? "", listing)).size).toBe(
      { resources: 2, entitlements: 1, grants: 30 }[listing],
    );
  });

  describe.each(SYNCS)("the file of a %s", (step) => {
    it.each(LISTINGS)("holds the %s that the Go host uploads", async (listing) => {
      expect(await compareFiles(uploadOf(goHost, step), uploadOf(ours, step), listing)).toEqual([]);
    });

    it.each(LISTINGS)(
      "holds the %s that a Go connector uploads, but for what is intended",
      async (listing) => {
        const differences = await compareFiles(uploadOf(reference, step), uploadOf(ours, step), listing);
        const unexplained = differences.filter(
          (difference) => !INTENDED_DIFFERENCES.some((intended) => intended.matches(difference)),
        );
        expect(unexplained).toEqual([]);
      },
    );
  });
});

function uploadOf({ uploads }: Conversation, step: string): string {
  const file = uploads.get(step);
  if (file === undefined) throw new Error(`nothing was uploaded in the step "${step}"`);
  return file;
}
