import { copyFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { startProgram } from "../../contract/program.ts";
import { honestBut, member, page, startHostileCodecov } from "../support/codecov.ts";
import { peakMiB as memoryOf } from "../support/memory.ts";
import { namesIn, runMeasured, settings, useGoodFile } from "../support/runs.ts";
import { thorough } from "../support/thorough.ts";

const good = useGoodFile();

/** With pages of the largest size, 40,000 rows. */
const MOST_MIB = 450;

async function sync(name: string, roster: (page: number, size: number) => string) {
  await using codecov = await startHostileCodecov(honestBut(roster));
  const file = `${good.path}.${name}`;
  await copyFile(good.path, file);
  const result = await runMeasured(["-f", file, "--log-level=warn", "--max-wait=20s"], {
    env: settings(codecov.origin),
  });
  return { ...result, file, requests: codecov.requests.length };
}

/** `size` rows from `start` on. */
const rows = (start: number, size: number) =>
  Array.from({ length: size }, (_, index) => member(start + index));

type Case = readonly [string, (page: number, size: number) => string, Code];

const BRIEF: readonly Case[] = [
  ["pages that are larger than asked for", (_page, size) => page(rows(0, size + 1)), Code.FailedPrecondition],
  ["pages of one row", (number) => page(rows(number - 1, 1), 1_000_000, "next"), Code.Aborted],
  ["the same member twice", () => page([member(0), member(0)]), Code.FailedPrecondition],
];

const LENGTHY: readonly Case[] = [
  [
    "the same page again and again",
    (_page, size) => page(rows(0, size), 1_000_000, "next"),
    Code.FailedPrecondition,
  ],
  ["empty pages", () => page([], 1_000_000, "next"), Code.Unavailable],
  [
    "other members each time",
    (_page, size) => page(rows(Math.floor(Math.random() * 1e9), size), 1_000_000, "next"),
    Code.Aborted,
  ],
];

describe("a sync fails, and leaves the last one in the file, at", () => {
  const check = async ([name, roster, expected]: Case) => {
    const { code, file, requests, peakMiB } = await sync(name.replaceAll(" ", "-"), roster);
    expect(code).toBe(expected);
    expect(await namesIn(file)).toEqual(await namesIn(good.path));
    expect(requests).toBeLessThan(100);
    expect(peakMiB).toBeLessThan(MOST_MIB);
  };
  test.for(BRIEF)("%s", check);
  thorough.for(LENGTHY)("%s", check);
});

test("a count that is never that of the rows does not keep a sync from its end", async () => {
  const { code, file, requests } = await sync("count", () => page(rows(0, 10), 11));
  expect(code).toBe(0);
  expect(await namesIn(file)).toHaveLength(10);
  expect(requests).toBeLessThan(100);
});

thorough("a roster without an end takes no more and more memory, and can be interrupted", async () => {
  const endless = honestBut((number, size) =>
    page(rows((number - 1) * size, size), number * size + 1, "next"),
  );
  await using codecov = await startHostileCodecov(endless);
  const file = `${good.path}.endless`;
  await copyFile(good.path, file);
  const program = startProgram(["-f", file], { env: settings(codecov.origin) });
  await expect.poll(() => codecov.requests.length, { timeout: 100_000 }).toBeGreaterThan(20);
  expect(memoryOf(program.process.pid)).toBeLessThan(MOST_MIB);
  program.process.kill("SIGTERM");
  expect(await program.result).toMatchObject({ code: 143 });
  expect(await namesIn(file)).toEqual(await namesIn(good.path));
});
