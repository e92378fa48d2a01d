/**
 * Syncs members into a file over and over, in a process of its own that can be killed at any moment. Each
 * round gives all members the round's number as their name. Started as
 * `node sync-process.ts <file> <members> <first round>`; writes a line after each round.
 */

import { ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";
import { packAnnotation } from "#model/annotations.ts";
import { runSyncTask } from "#tasks/sync-into-file.ts";
import { makeType, makeUser } from "./rows.ts";
import { FakeSyncClient } from "./sync-client.ts";

const [, , file = "", members = "0", firstRound = "0"] = process.argv;
const PAGE = 100;

function connector(round: number): FakeSyncClient {
  const users = Array.from({ length: Number(members) }, (_, index) => ({
    ...makeUser(`user-${index}`),
    displayName: String(round),
  }));
  const pages = Array.from({ length: Math.ceil(users.length / PAGE) }, (_, index) => ({
    items: users.slice(index * PAGE, (index + 1) * PAGE),
  }));
  const skip = packAnnotation("SkipEntitlementsAndGrants");
  return new FakeSyncClient({
    types: [makeType("user", Trait.TRAIT_USER, [skip])],
    resources: { user: pages },
  });
}

const ctx = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };
for (let round = Number(firstRound); ; round += 1) {
  await runSyncTask(connector(round), { file, retention: { keepFullSyncs: 2 } }, ctx);
  process.stdout.write(`${round}\n`);
}
