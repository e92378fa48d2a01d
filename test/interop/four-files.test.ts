import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { INTENDED_DIFFERENCES } from "./intended-differences.ts";
import { compareResources, type Fields, readResources } from "./support/compare.ts";
import { openScene, type Scene } from "./support/scene.ts";

describe.skipIf(!inject("goPrograms").available)(
  "both hosts and both connectors on the same organization",
  () => {
    let scene: Scene;
    let goReference: ReadonlyMap<string, Fields>;
    let goOwn: ReadonlyMap<string, Fields>;
    let goOwnSqlite: ReadonlyMap<string, Fields>;
    let ownReference: ReadonlyMap<string, Fields>;
    let ownOwn: ReadonlyMap<string, Fields>;

    beforeAll(async () => {
      scene = await openScene({ state: "acme-52" });
      const read = async (host: "go" | "own", connector: "reference" | "own", engine?: "sqlite") => {
        const file = scene.path(`${host}-${connector}-${engine}.c1z`);
        const result = await scene.sync({
          host,
          connector,
          file,
          ...(engine === undefined ? {} : { engine }),
        });
        expect(result, result.stderr).toMatchObject({ code: 0 });
        return await readResources(file);
      };
      goReference = await read("go", "reference");
      goOwn = await read("go", "own");
      goOwnSqlite = await read("go", "own", "sqlite");
      ownReference = await read("own", "reference");
      ownOwn = await read("own", "own");
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
    });

    it("stores every member of the organization through the Go host", () => {
      expect(goOwn.size).toBe(52);
    });

    it("stores the same resources through both hosts when the connector is ours", () => {
      expect(compareResources(goOwn, ownOwn)).toEqual([]);
      expect(compareResources(goOwnSqlite, ownOwn)).toEqual([]);
    });

    it("stores the same resources through both hosts when the connector is the reference", () => {
      expect(compareResources(goReference, ownReference)).toEqual([]);
    });

    it("differs from the reference connector only where that is intended", () => {
      const unexplained = compareResources(goReference, goOwn).filter(
        (difference) => !INTENDED_DIFFERENCES.some((intended) => intended.matches(difference)),
      );
      expect(unexplained).toEqual([]);
    });

    it.each(INTENDED_DIFFERENCES)("really differs there: $reason", (intended) => {
      const differences = compareResources(goReference, goOwn);
      expect(differences.some((difference) => intended.matches(difference))).toBe(true);
    });
  },
);
