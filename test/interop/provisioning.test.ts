import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { listValues } from "./support/baton.ts";
import type { StorageEngine } from "./support/programs.ts";
import { openScene, type Scene } from "./support/scene.ts";

const SEAT = "license:Acme:assigned";

const HOSTS: readonly { readonly host: "go" | "own"; readonly engine?: StorageEngine }[] = [
  { host: "go", engine: "pebble" },
  { host: "go", engine: "sqlite" },
  { host: "own" },
];

/** The steps that a connector's pipeline takes to prove that it can provision. */
describe.skipIf(!inject("goPrograms").available).each(HOSTS)(
  "seats given and taken through the $host host ($engine)",
  (options) => {
    /** A member of the organization who holds no seat at the start. */
    const PERSON = "eve";
    const GRANT = [
      `--grant-entitlement=${SEAT}`,
      `--grant-principal=${PERSON}`,
      "--grant-principal-type=user",
    ];
    const REVOKE = [`--revoke-grant=${SEAT}:user:${PERSON}`];
    let scene: Scene;
    let file: string;

    beforeAll(async () => {
      scene = await openScene({ state: "acme-52" });
      file = scene.path("sync.c1z");
    });
    afterAll(async () => {
      await scene[Symbol.asyncDispose]();
    });

    async function run(args: readonly string[] = []) {
      const { code, stderr } = await scene.sync({ ...options, file, args });
      expect(code, stderr).toBe(0);
      return stderr;
    }

    async function syncedSeats(): Promise<string[]> {
      await run();
      return await listValues(file, "principal.id.resource", "grants", "-e", SEAT);
    }

    it("follow one another as they should", async () => {
      expect(await syncedSeats()).not.toContain(PERSON);

      await run(GRANT);
      expect(await syncedSeats()).toContain(PERSON);
      await run(GRANT);

      await run(REVOKE);
      await run(REVOKE);
      expect(await syncedSeats()).not.toContain(PERSON);

      await run(GRANT);
      expect(await syncedSeats()).toContain(PERSON);
    });

    it("are taken and given by actions that only the command line names", async () => {
      const act = (name: string) => [
        `--invoke-action=${name}`,
        `--invoke-action-args=${JSON.stringify({ user_id: PERSON })}`,
      ];
      await run(act("enable_user"));
      expect(await syncedSeats()).toContain(PERSON);
      await run(act("disable_user"));
      expect(await syncedSeats()).not.toContain(PERSON);
    });

    it("fail with the reason when all seats are taken", async () => {
      await using full = await openScene({ state: "full-5", owner: "full-org" });
      const file = full.path("sync.c1z");
      expect(await full.sync({ ...options, file })).toMatchObject({ code: 0 });
      const seats = await listValues(
        file,
        "principal.id.resource",
        "grants",
        "-e",
        "license:full-org:assigned",
      );
      const people = await listValues(file, "resource.id.resource", "resources", "-t", "user");
      const person = people.find((name) => !seats.includes(name) && /^[a-z-]+$/.test(name));
      const { code, stderr } = await full.sync({
        ...options,
        file,
        args: [
          "--grant-entitlement=license:full-org:assigned",
          `--grant-principal=${person}`,
          "--grant-principal-type=user",
        ],
      });
      expect(stderr).toContain("not enough seats left");
      expect(options.host === "go" ? [9, 0] : [9]).toContain(code);
    });
  },
);
