import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { INTENDED_DIFFERENCES } from "./intended-differences.ts";
import { countUsers } from "./support/baton.ts";
import { compareFiles, type Difference, type Listing } from "./support/compare.ts";
import type { StorageEngine } from "./support/programs.ts";
import { openScene, type Scene } from "./support/scene.ts";

const LISTINGS: readonly Listing[] = ["resources", "entitlements", "grants"];

/** The organization is full of oddities: members without login, name or e-mail, deleted accounts, robots. */
describe.skipIf(!inject("goPrograms").available)(
  "both hosts and both connectors on the same organization",
  () => {
    let scene: Scene;
    let goReference: string;
    let goOwn: string;
    let goOwnSqlite: string;
    let ownReference: string;
    let ownOwn: string;

    beforeAll(async () => {
      scene = await openScene({ state: "acme-52" });
      const sync = async (host: "go" | "own", connector: "reference" | "own", engine?: StorageEngine) => {
        const file = scene.path(`${host}-${connector}-${engine}.c1z`);
        const result = await scene.sync({
          host,
          connector,
          file,
          ...(engine === undefined ? {} : { engine }),
        });
        expect(result, result.stderr).toMatchObject({ code: 0 });
        return file;
      };
      goReference = await sync("go", "reference", "pebble");
      goOwn = await sync("go", "own", "pebble");
      goOwnSqlite = await sync("go", "own", "sqlite");
      ownReference = await sync("own", "reference");
      ownOwn = await sync("own", "own");
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
    });

    it("stores every member of the organization through the Go host", async () => {
      expect(await countUsers(goOwn)).toBe(52);
    });

    it.each(LISTINGS)("stores the same %s through both hosts when the connector is ours", async (listing) => {
      expect(await compareFiles(goOwn, ownOwn, listing)).toEqual([]);
      expect(await compareFiles(goOwnSqlite, ownOwn, listing)).toEqual([]);
    });

    it.each(LISTINGS)(
      "stores the same %s through both hosts when the connector is the reference",
      async (listing) => {
        expect(await compareFiles(goReference, ownReference, listing)).toEqual([]);
      },
    );

    it.each(LISTINGS)(
      "differs from the reference connector in %s only where that is intended",
      async (listing) => {
        const unexplained = (await compareFiles(goReference, goOwn, listing)).filter(
          (difference) => !INTENDED_DIFFERENCES.some((intended) => intended.matches(difference)),
        );
        expect(unexplained).toEqual([]);
      },
    );

    it("differs in all the ways that are intended", async () => {
      const differences: Difference[] = [];
      for (const listing of LISTINGS) differences.push(...(await compareFiles(goReference, goOwn, listing)));
      const missing = INTENDED_DIFFERENCES.filter(
        (intended) => !differences.some((found) => intended.matches(found)),
      );
      expect(missing.map(({ reason }) => reason)).toEqual([]);
    });
  },
);
