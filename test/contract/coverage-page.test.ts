import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import type { StoredRepository } from "#codecov/coverage/model/repository.ts";
import { readContent } from "#codecov/coverage/report/content.ts";
import { renderHtml } from "#codecov/coverage/report/coverage-page.ts";
import {
  makeHistory,
  NOW,
  PULLS,
  pull,
  READ_AT,
  REPOSITORIES,
  repository,
  rulesFor,
} from "../unit/coverage/sample-history.ts";
import { Browser, hasBrowser } from "./browser.ts";

const TAB = 9;
const RIGHT = 39;

async function writePage(
  repositories: readonly StoredRepository[] = REPOSITORIES,
  pulls: readonly StoredPull[] = PULLS,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-page-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const page = join(directory, "coverage.html");
  const options = { rulesFor, now: NOW, takenAt: READ_AT, days: 30, madeBy: "x", sort: "attention" } as const;
  await writeFile(page, [...renderHtml(readContent(makeHistory(repositories, pulls), options))].join(""));
  return page;
}

/** Ids of the parts that can be seen. */
const SHOWN = `[...document.querySelectorAll(".panel")].filter((part) => part.checkVisibility()).map(({ id }) => id)`;

test.skipIf(!hasBrowser)(
  "a browser shows one list at a time, reaches all by keyboard, and asks for nothing",
  { timeout: 60_000 },
  async () => {
    const page = await writePage();
    await using browser = await Browser.start("1200,900");
    await browser.open(page);

    expect(await browser.read(SHOWN)).toEqual(["attention"]);
    await browser.press("Tab", TAB);
    expect(await browser.read("document.activeElement.id")).toBe("tab-attention");
    await browser.press("ArrowRight", RIGHT);
    expect(await browser.read(SHOWN)).toEqual(["all"]);
    await browser.press("ArrowRight", RIGHT);
    expect(await browser.read(SHOWN)).toEqual(["pulls"]);
    await browser.read(`document.querySelector("label[for=tab-attention]").click()`);
    expect(await browser.read(SHOWN)).toEqual(["attention"]);

    await browser.call("Emulation.setEmulatedMedia", { media: "print" });
    expect(await browser.read(SHOWN)).toEqual(["attention", "all", "pulls"]);
    expect(await browser.read(`document.querySelector("#all h2").checkVisibility()`)).toBe(true);

    expect(browser.requests.filter((url) => url.includes(":"))).toEqual([pathToFileURL(page).href]);
  },
);

test.skipIf(!hasBrowser)(
  "a browser fits the page into a narrow window and takes its colours from the reader's system",
  { timeout: 60_000 },
  async () => {
    await using browser = await Browser.start("1200,900");
    await browser.open(await writePage());
    const ground = `getComputedStyle(document.body).backgroundColor`;
    const setScheme = (value: string) =>
      browser.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
    await setScheme("light");
    const light = await browser.read(ground);
    await setScheme("dark");
    expect(await browser.read(ground)).not.toBe(light);

    for (const width of [320, 360, 700, 900]) {
      const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: false };
      await browser.call("Emulation.setDeviceMetricsOverride", metrics);
      for (const id of ["all", "pulls"]) {
        await browser.read(`document.querySelector("label[for=tab-${id}]").click()`);
        const beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        expect(await browser.read(beyond), `${id} at ${width}`).toBe(0);
      }
    }
  },
);

test.skipIf(!hasBrowser)("a browser runs nothing that a name says", { timeout: 60_000 }, async () => {
  const hostile = `</bdi></td><script>document.title="owned"</script><img src=x onerror="document.title='owned'">`;
  const page = await writePage(
    [
      repository(hostile, {
        branch: hostile,
        language: hostile,
        reason: hostile,
        state: "no_report",
        totals: null,
      }),
    ],
    [pull(hostile, 1, { title: hostile, author: hostile })],
  );
  await using browser = await Browser.start("1200,900");
  await browser.open(page);
  expect(await browser.read("document.title")).toBe("Codecov coverage: acme on github");
  expect(await browser.read("document.querySelectorAll('script, img').length")).toBe(0);
  expect(await browser.read("document.querySelector('#all td bdi').textContent")).toBe(hostile);
  expect(browser.requests).toHaveLength(1);
});
