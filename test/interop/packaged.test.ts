import { existsSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { countUsers } from "./support/baton.ts";
import { complaints } from "./support/logs.ts";
import { BUNDLE, EXECUTABLE } from "./support/paths.ts";
import { openScene } from "./support/scene.ts";

const MEMBERS = 250;

/** What users install. `npm run build` makes both; where that has not been run they are left out. */
const PACKAGED = [
  { title: "the bundled file of the npm package", file: BUNDLE, command: [process.execPath, BUNDLE] },
  { title: "the single executable", file: EXECUTABLE, command: [EXECUTABLE] },
];

describe.skipIf(!inject("goPrograms").available).each(PACKAGED)("$title", ({ file: built, command }) => {
  const isMissing = !existsSync(built) && process.env["INTEROP_REQUIRED"] !== "1";

  it.skipIf(isMissing)("is a connector for the Go host", async () => {
    await using scene = await openScene({ generated: { members: MEMBERS, owner: "acme" }, owner: "acme" });
    const file = scene.path("sync.c1z");
    const { code, stderr } = await scene.sync({ host: "go", connector: command, file });
    expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
    expect(await countUsers(file)).toBe(MEMBERS);
  });

  it.skipIf(isMissing)("is its own host", async () => {
    await using scene = await openScene({ generated: { members: MEMBERS, owner: "acme" }, owner: "acme" });
    const file = scene.path("sync.c1z");
    const { code, stderr } = await scene.sync({ host: command, file });
    expect({ code, complaints: complaints(stderr) }).toEqual({ code: 0, complaints: [] });
    expect(await countUsers(file)).toBe(MEMBERS);
  });
});
