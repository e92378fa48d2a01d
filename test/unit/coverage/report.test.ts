import { hash } from "node:crypto";
import { assert, constantFrom, property, string, tuple } from "fast-check";
import { expect, test } from "vitest";
import { coverageReportFields } from "#codecov/commands/coverage/coverage-report-fields.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import { placeholderName, type StoredRepository } from "#codecov/coverage/model/repository.ts";
import { NO_POLICY } from "#codecov/coverage/model/rules.ts";
import { type ContentOptions, readContent } from "#codecov/coverage/report/content.ts";
import { renderCsv } from "#codecov/coverage/report/coverage-csv.ts";
import { renderJson } from "#codecov/coverage/report/coverage-json.ts";
import { renderHtml } from "#codecov/coverage/report/coverage-page.ts";
import { renderTable } from "#codecov/coverage/report/coverage-table.ts";
import { renderOpenMetrics } from "#codecov/coverage/report/openmetrics.ts";
import type { Only } from "#codecov/coverage/report/order.ts";
import type { CoverageContent } from "#codecov/coverage/report/report-rows.ts";
import { countColumns } from "#format/columns.ts";
import {
  days,
  makeHistory,
  NOW,
  PULLS,
  pull,
  READ_AT,
  READING,
  REPOSITORIES,
  repository,
  rulesFor,
  totals,
} from "./sample-history.ts";

const PIPED = { byteOrderMark: false };

function contentOf(
  repositories: readonly StoredRepository[] = REPOSITORIES,
  pulls: readonly StoredPull[] = PULLS,
  options: Partial<ContentOptions> = {},
): CoverageContent {
  return readContent(makeHistory(repositories, pulls), {
    rulesFor,
    now: NOW,
    takenAt: READ_AT,
    days: 30,
    madeBy: "baton-codecov 0.0.0",
    sort: "attention",
    ...options,
  });
}

const join = (pieces: Iterable<string>) => [...pieces].join("");
const golden = (name: string) => `../../golden/coverage/${name}`;

test("the table says who needs a person, in the width there is", async () => {
  const content = contentOf();
  await expect(join(renderTable(content, 132))).toMatchFileSnapshot(golden("table.txt"));
  await expect(join(renderTable(content, 80))).toMatchFileSnapshot(golden("table-80.txt"));
  for (const width of [60, 80, 100, 132, 200])
    for (const line of join(renderTable(content, width)).split("\n"))
      expect(countColumns(line), line).toBeLessThanOrEqual(width);
});

test("the JSON form is what docs/coverage.md describes", async () => {
  const text = join(renderJson(contentOf(REPOSITORIES, PULLS, { sort: "name" })));
  await expect(text).toMatchFileSnapshot(golden("report.json"));
  const parsed = JSON.parse(text);
  expect(Object.keys(parsed)).toEqual(
    expect.arrayContaining(["format", "taken_at", "organization", "repositories", "pulls"]),
  );
  expect(parsed.organization).toMatchObject({
    service: "github",
    owner: "acme",
    coverage: 85.51,
    measured: 7,
  });
  expect(parsed.repositories.map(({ name }: { name: string }) => name)).toEqual(
    REPOSITORIES.map(({ name }) => name).toSorted(),
  );
});

test("the CSV form has a line for every repository, or for every pull request", async () => {
  await expect(join(renderCsv(contentOf(), PIPED))).toMatchFileSnapshot(golden("report.csv"));
  const pulls = join(renderCsv(contentOf(REPOSITORIES, PULLS, { only: "pulls" }), PIPED));
  await expect(pulls).toMatchFileSnapshot(golden("pulls.csv"));
});

test("the OpenMetrics form has ratios and times in base units", async () => {
  const text = join(renderOpenMetrics(contentOf(REPOSITORIES, PULLS, { sort: "name" })));
  await expect(text).toMatchFileSnapshot(golden("report.prom"));
  expect(text.endsWith("\n# EOF\n")).toBe(true);
});

test("one pull request is shown with its files, its base and the risk", async () => {
  const counts = (hits: number, misses: number) => ({ hits, misses, partials: 0 });
  const asked = pull("payments-api", 412, {
    title: "Retry settlements",
    head: totals(7_010, 10_000),
    base: totals(7_142, 10_000),
    patch: counts(40, 80),
    details: {
      comparison: "processed",
      baseCommit: { sha: "1111111111111111111111111111111111111111", committedAt: NOW - 9 * 86_400_000 },
      headCommit: { sha: "2222222222222222222222222222222222222222", committedAt: NOW - 7_200_000 },
      files: [
        { path: "src/settle.ts", base: counts(50, 10), head: counts(60, 100), patch: counts(10, 90) },
        { path: "src/moved.ts", base: counts(5, 5), head: counts(4, 6), patch: null },
        { path: "src/gone.ts", base: counts(5, 5), head: null, patch: counts(0, 0) },
      ],
      untracked: ["README.md"],
    },
    detailsReadAt: READ_AT,
  });
  const content = contentOf(REPOSITORIES, [asked], { pull: asked });
  await expect(join(renderTable(content, 100))).toMatchFileSnapshot(golden("pull.txt"));
  const { repositories, pulls } = JSON.parse(join(renderJson(content)));
  expect(repositories).toBeNull();
  expect(pulls).toMatchObject([
    {
      repository: "payments-api",
      number: 412,
      delta: -1.32,
      patch: 33.33,
      holds_patch_minimum: false,
      base: { commit: "1111111111111111111111111111111111111111", committed_at: "2026-11-18T12:00:00Z" },
      files_without_report: ["README.md", "src/gone.ts"],
      risk: { points: 15, coverage: 37.5, hits: 60, lines: 160, files: 1 },
      url: "https://app.codecov.io/gh/acme/payments-api/pull/412",
    },
  ]);
  const page = join(renderHtml(content));
  for (const text of ["src/settle.ts", "README.md", "+15", "33.33 %"]) expect(page).toContain(text);
});

test("what is unknown is no number in any form", () => {
  const content = contentOf(
    [
      repository("never", {
        totals: null,
        state: "no_report",
        reason: "no complete report",
        detailsReadAt: null,
        head: null,
        newest: null,
      }),
      repository("wrong", { totals: { ...totals(5, 10), misses: 1 } }),
    ],
    [pull("wrong", 1)],
    { rulesFor: () => NO_POLICY },
  );
  const { organization, repositories, pulls } = JSON.parse(join(renderJson(content)));
  expect(organization).toMatchObject({ coverage: null, totals: null, measured: 0, not_measured: 2 });
  for (const row of repositories)
    expect(row).toMatchObject({
      coverage: null,
      totals: null,
      minimum: null,
      below_minimum: null,
      trend: [],
      delta_30d: null,
      declining: null,
      stale: null,
    });
  expect(repositories.find(({ name }: { name: string }) => name === "wrong")).toMatchObject({
    state: "unreadable",
  });
  expect(pulls).toMatchObject([
    { coverage: null, delta: null, patch: null, base: null, files: null, risk: null },
  ]);
  const metrics = join(renderOpenMetrics(content));
  expect(metrics).not.toMatch(
    /^codecov_repository_(coverage|lines|files|below|declining|stale|report)\w*\{/m,
  );
  expect(metrics).not.toMatch(/^codecov_organization_coverage_ratio\{/m);
  expect(metrics).toMatch(/^codecov_repositories\{.*state="no_report"\} 1$/m);
  expect(join(renderTable(content, 120))).not.toMatch(/\b0(\.0+)? %|\bNaN|Infinity|null|undefined/);
  const csv = join(renderCsv(content, PIPED)).split("\r\n")[1]?.split(",") ?? [];
  const header = join(renderCsv(content, PIPED)).split("\r\n")[0]?.split(",") ?? [];
  expect(csv[header.indexOf("coverage")]).toBe("");
  expect(csv[header.indexOf("hits")]).toBe("");
});

test("a percentage is rounded down, also where a float is a little above", () => {
  const content = contentOf(
    [
      repository("almost", { totals: totals(79_999, 100_000), trend: days(79.99999) }),
      repository("exact", { totals: totals(5_799, 10_000), trend: days(57.99) }),
    ],
    [],
    { sort: "name" },
  );
  const { repositories } = JSON.parse(join(renderJson(content)));
  expect(repositories).toMatchObject([
    { coverage: 79.99, below_minimum: true, trend: [{ day: "2026-11-27", coverage: 79.99 }] },
    { coverage: 57.99, trend: [{ coverage: 57.99 }] },
  ]);
});

test("a report shows the days that were asked for, and judges the same whatever they are", () => {
  const judged = [7, 30, 365].map((count) => {
    const { facts, repositories } = contentOf(REPOSITORIES, [], { days: count, sort: "name" });
    expect(facts.days).toHaveLength(count);
    expect(facts.days.at(-1)).toBe("2026-11-27");
    return repositories?.map(({ assessment }) => assessment);
  });
  expect(judged[0]).toEqual(judged[1]);
  expect(judged[2]).toEqual(judged[1]);
});

test("a report is limited to what was asked for, with the pull requests of the same repositories", () => {
  const names = (options: Partial<ContentOptions>) =>
    contentOf(REPOSITORIES, PULLS, options).repositories?.map(({ name }) => name);
  const expected: Record<Only, readonly string[] | undefined> = {
    below: ["legacy-batch", "payments-api", "mobile-kit"],
    declining: ["payments-api", "checkout"],
    stale: ["legacy-batch"],
    unknown: ["broken-row", "archive-2019", "billing-internal", "docs-site", "new-service", "notes"],
    pulls: undefined,
  };
  for (const only of coverageReportFields.only.values) expect(names({ only }), only).toEqual(expected[only]);
  const { pulls, facts } = contentOf(REPOSITORIES, PULLS, { only: "declining" });
  expect(pulls.map((row) => row.pull.number)).toEqual([412]);
  expect(facts.overview.measured).toBe(7);
  expect(names({ isWanted: (name) => name === "web" })).toEqual(["web"]);
  expect(contentOf(REPOSITORIES, PULLS, { only: "pulls" }).pulls.map((row) => row.pull.number)).toEqual([
    412, 97, 96, 7,
  ]);
});

test("every order is total, and what is unknown comes last", () => {
  for (const sort of coverageReportFields.sort.values) {
    const sorted = contentOf(REPOSITORIES, [], { sort }).repositories?.map(({ name }) => name);
    const reversed = contentOf(REPOSITORIES.toReversed(), [], { sort }).repositories?.map(({ name }) => name);
    expect(sorted, sort).toEqual(reversed);
  }
  const byCoverage = contentOf(REPOSITORIES, [], { sort: "coverage" }).repositories ?? [];
  const values = byCoverage.map(({ assessment }) => assessment.coverage ?? Number.POSITIVE_INFINITY);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(contentOf(REPOSITORIES, [], { sort: "age" }).repositories?.[0]?.name).toBe("legacy-batch");
});

test("values that an earlier reading left say from when they are", () => {
  const kept = repository("kept", { readAt: READ_AT - 7 * 86_400_000 });
  const history = makeHistory([kept], [], { ...READING, failed: ["kept"] });
  const content = readContent(history, {
    rulesFor,
    now: NOW,
    takenAt: READ_AT,
    days: 30,
    madeBy: "x",
    sort: "name",
  });
  const table = join(renderTable(content, 120));
  expect(table).toContain("as it was on 2026-11-20");
  expect(table).toContain("The last reading failed on 1 repository (kept)");
  expect(join(renderOpenMetrics(content))).not.toContain("codecov_sync_last_success_timestamp_seconds");
});

test("pages of Codecov are found beside its API, and a name that nobody knows leads nowhere", () => {
  const urlFor = (service: string, owner: string, origin: string, name: string) => {
    const history = { ...makeHistory([repository(name)]), organization: { service, owner, origin } };
    const options = { rulesFor, now: NOW, takenAt: READ_AT, days: 30, madeBy: "x", sort: "name" } as const;
    return readContent(history, options).repositories?.[0]?.url;
  };
  expect(urlFor("github", "acme", "https://api.codecov.io", "web")).toBe(
    "https://app.codecov.io/gh/acme/web",
  );
  expect(urlFor("gitlab", "a:b", "https://codecov.example.com", "x y")).toBe(
    "https://codecov.example.com/gl/a:b/x%20y",
  );
  expect(urlFor("github", "acme", "https://api.codecov.io", placeholderName(1))).toBeNull();
  expect(urlFor("github", "acme", "javascript:alert(1)//", "web")).toBeNull();
});

test("the page allows no script and no request, and only its own style sheet", () => {
  const page = join(renderHtml(contentOf()));
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? "";
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash("sha256", style, "base64")}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|url\(|@import/);
  // Addresses are those of links, which nothing follows by itself.
  for (const [, attribute] of page.matchAll(/([\w-]+)="https?:/g)) expect(attribute).toBe("href");
});

const HOSTILE = [
  "<script>alert(1)</script>",
  `" onmouseover="alert(1)`,
  "</td></table><svg/onload=alert(1)>",
  '=HYPERLINK("https://evil.example")',
  "+1",
  "@SUM(A1)",
  "\u001b[31mred\u001b[0m",
  "a\u202eb",
  'x"} 1\ncodecov_repository_coverage_ratio{a="b',
  "back\\slash",
  "a\r\nb",
];

test("no name, title or branch breaks out of its form", () => {
  const part = string({
    unit: constantFrom("<", ">", '"', "'", "&", "\\", "\n", "\u001b", "=", "x", ";", "\u2066"),
  });
  const text = tuple(constantFrom(...HOSTILE), part).map(([one, other]) => one + other);
  const shapeOf = (page: string) => page.replaceAll(/="[^"]*"/g, '=""').match(/<[^>]*>/g);
  const forms = (hostile: string) =>
    contentOf(
      [
        repository(hostile, {
          branch: hostile,
          language: hostile,
          state: "no_report",
          totals: null,
          reason: hostile,
        }),
        repository("web", { newest: { sha: "f", branch: hostile, committedAt: NOW }, head: null }),
      ],
      [pull("web", 1, { title: hostile, author: hostile })],
      { rulesFor: () => NO_POLICY },
    );
  const plain = shapeOf(join(renderHtml(forms("x"))));
  assert(
    property(text, (hostile) => {
      const content = forms(hostile);
      expect(shapeOf(join(renderHtml(content)))).toEqual(plain);
      const everything = [
        ...renderTable(content, 100),
        ...renderCsv(content, PIPED),
        ...renderJson(content),
        ...renderOpenMetrics(content),
      ].join("");
      expect(everything).not.toMatch(/(?![\r\n])\p{Cc}|[\u202e\u2066]/u);
      expect(JSON.parse(join(renderJson(content))).repositories).toHaveLength(2);
      for (const line of join(renderOpenMetrics(content)).trimEnd().split("\n"))
        expect(line).toMatch(
          /^(# (TYPE|UNIT|HELP) \w+ .*|# EOF|\w+\{(\w+="([^"\\]|\\["\\n])*",?)+\} -?[\d.e+-]+)$/,
        );
      const cells = join(renderCsv(content, PIPED)).split("\r\n").slice(1).join(",").split(/","|,/);
      for (const cell of cells) expect(cell.replace(/^"/, "")).not.toMatch(/^[=@]|^[+-](?!\d+(\.\d+)?$)/);
    }),
    { numRuns: 60 },
  );
});
