import fc from "fast-check";
import { expect, test } from "vitest";
import { makeFeedKit } from "#define/events.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };

/** Numbers of new events by the time they happened, in steps that several can share; between two lists, hosts poll. */
const batches = fc.array(fc.array(fc.nat(3), { maxLength: 6 }), { maxLength: 6 });

test("every event is given exactly once, however many share a time, over any pages and polls", async () => {
  await fc.assert(
    fc.asyncProperty(
      batches,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (lists, size, isReversed) => {
        const happened: { id: number; at: number }[] = [];
        const feed = makeFeedKit<undefined>()("audit", {
          kinds: ["change"],
          async list(_client, { since, pageToken }) {
            const all = happened.filter(({ at }) => at >= since.getTime());
            const rows = isReversed ? all.toReversed() : all;
            const from = Number(pageToken);
            return {
              rows: rows.slice(from, from + size),
              next: from + size < rows.length ? String(from + size) : "",
            };
          },
          event: ({ id, at }) => ({ id, at, changed: { user: id } }),
        }).build(async () => undefined);

        const given: string[] = [];
        let cursor = "";
        let time = 1_000;
        for (const steps of lists) {
          for (const step of steps) {
            time += step;
            happened.push({ id: happened.length, at: time });
          }
          let hasMore = true;
          while (hasMore) {
            const page = await feed.list({ cursor, startAt: new Date(0), pageSize: 0 }, ctx);
            given.push(...page.events.map(({ id }) => id));
            ({ cursor, hasMore } = page);
          }
        }
        expect(given.map(Number).toSorted((a, b) => a - b)).toEqual(happened.map(({ id }) => id));
      },
    ),
  );
});
