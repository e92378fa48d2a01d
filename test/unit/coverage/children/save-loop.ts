import { setTimeout as delay } from "node:timers/promises";
import { addDays } from "#codecov/coverage/model/calendar.ts";
import { openCoverageStore } from "#codecov/coverage/store/coverage-store.ts";
import { NOW, repositoryOf, TODAY, trendOf } from "../scene.ts";

/**
 * Saves one reading after the other until it is killed or a save fails. Every save puts the same figure everywhere, and a
 * line on standard output says that it is stored. The error that ends it is printed with its code.
 */
const [path = "", repositories = "1", first = "0"] = process.argv.slice(2);
try {
  using store = await openCoverageStore(path, {
    service: "github",
    owner: "acme",
    origin: "https://api.codecov.io",
  });
  const names = Array.from({ length: Number(repositories) }, (_, index) => `repo-${index}`);
  for (let round = Number(first); ; round += 1) {
    const figure = round % 100;
    const row = repositoryOf();
    const listed = names.map((name) => ({
      ...row,
      name,
      state: "measured" as const,
      language: String(round),
    }));
    store.saveList({ readAt: NOW + round, repositories: listed, missing: [], forgotten: [], notes: [] });
    const days = trendOf(Object.fromEntries(Array.from({ length: 365 }, (_, ago) => [ago, figure])));
    for (const name of names) {
      const details = {
        name,
        branch: "main",
        days,
        daysFrom: addDays(TODAY, -364),
        head: null,
        newest: null,
      };
      store.saveDetails(details, NOW + round);
    }
    process.stdout.write(`${round}\n`);
    await delay(0);
  }
} catch (error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  process.stdout.write(`${code} ${error instanceof Error ? error.message : String(error)}\n`);
}
