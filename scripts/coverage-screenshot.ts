/**
 * Renders the coverage page of a made-up organization in a headless Chromium, for people who change its design:
 *
 *     node scripts/coverage-screenshot.ts [directory]
 *
 * writes the page and pictures of it on a light screen, a dark one and a narrow one, and as printed. `readme.png` is the picture
 * in the README, `docs/images/coverage.png`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import type { StoredRepository } from "#codecov/coverage/model/repository.ts";
import { readContent } from "#codecov/coverage/report/content.ts";
import { renderHtml } from "#codecov/coverage/report/coverage-page.ts";
import {
  days,
  makeHistory,
  NOW,
  PULLS,
  pull,
  READ_AT,
  REPOSITORIES,
  repository,
  rulesFor,
  totals,
} from "../test/unit/coverage/sample-history.ts";
import { takePictures } from "./pictures.ts";

const NAMES =
  "accounts admin-console billing catalog checkout-api cli config-sync data-export email-worker events-api feature-flags fraud-check graphql identity images invoices ios-app kafka-bridge ledger localization mobile-web notifications onboarding orders pricing queue-workers ratings reports search session-store settings shipping sso tax terraform-modules tokens uploads vault-agent webhooks wiki".split(
    " ",
  );

const directory = resolve(process.argv[2] ?? "build/coverage");
mkdirSync(directory, { recursive: true });
const repositories = [...REPOSITORIES, ...NAMES.map(makeRepository)];
const pulls = [...PULLS, ...NAMES.filter((_, index) => index % 4 === 0).map(makePull)];
const content = readContent(makeHistory(repositories, pulls), {
  rulesFor,
  now: NOW,
  takenAt: READ_AT,
  days: 30,
  madeBy: "baton-codecov",
  sort: "attention",
});
writeFileSync(join(directory, "coverage.html"), [...renderHtml(content)].join(""));
takePictures({ directory, page: "coverage.html", readme: "1100,1010" });
console.log(`look at ${directory}`);

function makeRepository(name: string, index: number): StoredRepository {
  const random = makeRandom(index + 1);
  let percent = 78 + random() * 18;
  const drift = (random() - 0.45) * 0.12;
  const values = Array.from({ length: 30 }, () => {
    percent = Math.min(99, percent + drift + (random() - 0.5) * 0.5);
    return random() < 0.3 ? null : percent;
  });
  values[29] = percent;
  const lines = Math.round(2_000 + random() * 60_000);
  return repository(name, {
    private: random() < 0.6,
    language: ["typescript", "go", "kotlin", "python", "rust"][index % 5] ?? null,
    totals: totals(Math.floor((percent * lines) / 100), lines, Math.floor(lines / 120)),
    trend: days(...values),
  });
}

function makePull(name: string, index: number): StoredPull {
  const random = makeRandom(index + 100);
  const lines = 20_000;
  const before = Math.round((0.8 + random() * 0.15) * lines);
  const size = Math.round(20 + random() * 300);
  const hits = Math.round(size * (0.4 + random() * 0.6));
  return pull(name, 100 + index * 7, {
    title:
      ["Speed up the build", "Handle empty carts", "Move to the new client", "Retry on 429"][index % 4] ??
      null,
    author: ["ann", "bob", "chen", "dora"][index % 4] ?? null,
    base: totals(before, lines),
    head: totals(before + Math.round((random() - 0.6) * 120), lines),
    patch: { hits, misses: size - hits, partials: 0 },
  });
}

/** The same numbers in each run, from 0 to below 1. */
function makeRandom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
