import { describe, expect, inject, it } from "vitest";
import { at, batonJson, rows } from "./support/baton.ts";
import { openScene } from "./support/scene.ts";

const MEMBERS = 1_200;

/** Three copies of such a name are in each resource, so that 1,000 rows of them are three times what gRPC lets through. */
const NAME_LENGTH = 4_000;

describe.skipIf(!inject("goPrograms").available)(
  "members whose rows are so large that a full page would burst 4 MiB",
  () => {
    it.each([{ host: "go", engine: "pebble" }, { host: "go", engine: "sqlite" }, { host: "own" }] as const)(
      "arrive whole ($host host, $engine)",
      async (options) => {
        const members = Array.from({ length: MEMBERS }, (_, index) => ({
          ownerid: 100 + index,
          username: `member-${index}`,
          name: `${index} `.padEnd(NAME_LENGTH, "ä"),
          email: `member-${index}@large.example`,
          activated: true,
          is_admin: index === 0,
          seat_only: false,
        }));
        await using scene = await openScene({
          state: {
            orgs: [
              {
                ownerid: 1,
                service: "github",
                username: "large",
                name: null,
                plan_user_count: MEMBERS,
                free: 0,
                members,
              },
            ],
            others: [],
            tokens: { "admin-token": { owner: 100 } },
          },
          owner: "large",
        });
        const file = scene.path("sync.c1z");
        const { code, stderr } = await scene.sync({ ...options, file });
        expect(code, stderr).toBe(0);
        const stored = rows(await batonJson(file, "resources", "-t", "user"), "resources");
        expect(new Set(stored.map((row) => at(row, "resource.id.resource"))).size).toBe(MEMBERS);
      },
    );
  },
);
