import { hash } from "node:crypto";
import { join } from "node:path";
import { assert, constantFrom, property, string, tuple } from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { renderHtml } from "#codecov/report/html.ts";
import { renderJson } from "#codecov/report/json.ts";
import { renderCsv } from "#codecov/report/member-csv.ts";
import { openReview, type ReviewContent } from "#codecov/report/review.ts";
import { renderTable } from "#codecov/report/table.ts";
import { countColumns } from "#format/columns.ts";
import { makeTempDir } from "../store/support.ts";
import { neverSignedIn, type SampleMember, type SampleSync, signedIn, writeSample } from "./sample-file.ts";
import { reviewOfOne } from "./sample-review.ts";

const PIPED = { byteOrderMark: false };

const members: readonly SampleMember[] = [
  { username: "ann", name: "Ann", is_admin: true, signIn: signedIn },
  { username: "bob", name: "Bob", signIn: neverSignedIn },
  { username: "cid", name: "李伟", email: "ann@example.com", activated: false, signIn: neverSignedIn },
];

async function reviewOf(...syncs: SampleSync[]): Promise<ReviewContent> {
  const path = join(await makeTempDir(), "sync.c1z");
  await writeSample(path, syncs);
  const review = await openReview(path);
  onTestFinished(() => review[Symbol.asyncDispose]());
  return review;
}

/** The whole text, without what differs from run to run. */
function render(pieces: Iterable<string>, { facts: { file, sync, previousSync } }: ReviewContent): string {
  const text = [...pieces]
    .join("")
    .replaceAll(file, "sync.c1z")
    .replaceAll(sync.id, "SYNC")
    .replaceAll(sync.fileHash, "HASH");
  return previousSync === null ? text : text.replaceAll(previousSync.id, "PREVIOUS");
}

const compared = (): Promise<ReviewContent> =>
  reviewOf({ members: [...members.slice(1), { username: "dot" }] }, { members, purchased: 5 });

test("the table says what matters in the width there is", async () => {
  const review = await compared();
  const text = render(renderTable(review, 78), review);
  await expect(text).toMatchFileSnapshot("../../golden/report/table.txt");
  for (const line of text.split("\n")) expect(countColumns(line)).toBeLessThanOrEqual(90);
});

test("the JSON form is what docs/report.md describes", async () => {
  const review = await compared();
  const text = render(renderJson(review), review);
  await expect(text).toMatchFileSnapshot("../../golden/report/report.json");
  expect(JSON.parse(text)).toMatchObject({ format: 1, summary: { members: 3 } });
});

test("the CSV form has a line for everybody, those who left included", async () => {
  const review = await compared();
  const text = render(renderCsv(review, PIPED), review);
  await expect(text).toMatchFileSnapshot("../../golden/report/report.csv");
});

test("lists that the file cannot tell are null and not empty", async () => {
  const review = await reviewOf({ members: [{ username: "ann" }] });
  expect(JSON.parse(render(renderJson(review), review))).toMatchObject({
    previous_sync: null,
    changes: null,
    seats_without_session: null,
    members_without_seat: [],
    summary: { changes: null, seats_session_unknown: 1, seats_purchased: null },
  });
  const text = render(renderTable(review, 100), review);
  expect(text).toContain("CHANGES SINCE THE PREVIOUS SYNC (unknown)");
  expect(text).toContain("SEATS WITHOUT ACTIVITY (unknown)");
  expect(text).toContain("--codecov-session-info");
  const page = render(renderHtml(review), review);
  expect(page).toContain("Seats without activity <b>unknown</b>");
  expect(page).toContain("Unknown without an earlier sync to compare with.");
});

test("the page allows no script and no request, and only its own style sheet", async () => {
  const review = await compared();
  const page = render(renderHtml(review), review);
  const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? "";
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash("sha256", style, "base64")}'; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|url\(|@import|https?:/);
});

test("the bars of the seat chart fill the whole width in proportion", async () => {
  const review = await compared();
  const page = render(renderHtml(review), review);
  const bar = /<svg class="bar"[\s\S]*?<\/svg>/.exec(page)?.[0] ?? "";
  const widths = [...bar.matchAll(/class="(\w+)" x="([\d.]+)" width="([\d.]+)"/g)].map((m) => m.slice(1));
  expect(widths).toEqual([
    ["active", "0", "20"],
    ["idle", "20", "20"],
    ["free", "40", "60"],
  ]);
});

test("long lists are cut for people, with the number of those left out, and whole for programs", async () => {
  const many = Array.from({ length: 1_005 }, (_, index) => ({ username: `m${index}`, activated: false }));
  const review = await reviewOf({ members: many });
  expect(render(renderTable(review, 100), review)).toContain(
    "… and 965 more; --format csv or json shows all",
  );
  const page = render(renderHtml(review), review);
  expect(page).toContain("… and 5 more");
  // The list of those without a seat is cut, the one of all members is not.
  expect(page.match(/<tr>/g)).toHaveLength(1_001 + 1_006);
  expect(render(renderCsv(review, PIPED), review).trimEnd().split("\r\n")).toHaveLength(1_006);
  expect(JSON.parse(render(renderJson(review), review)).members_without_seat).toHaveLength(1_005);
});

const HOSTILE = [
  "<script>alert(1)</script>",
  `" onmouseover="alert(1)`,
  "' autofocus onfocus=alert(1) '",
  "</style><img src=x onerror=alert(1)>",
  "<!--",
  "&lt;b&gt;",
  "=1+1",
  " =1+1",
  "@SUM(A1)",
  "+1",
  "-1",
  "＝1+1",
  "\t=1",
  "\r\n=1",
  'a",=1,"b',
  "\u001b[2J\u001b]0;title\u0007",
  "\u009b31m",
  "Ann\u202egnp.exe",
  "\u2066x\u2069",
  "\ufeff\u200b\u00ad",
  "\u{e0041}",
  "\ud800",
  "line\u2028line\u2029",
];
const name = constantFrom(...HOSTILE);
const anyName = tuple(string({ unit: "binary" }), name, string({ unit: "grapheme" })).map((parts) =>
  parts.join(""),
);

/** What a terminal acts upon, or a reader cannot see. */
const CONTROL =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

test("no name can send anything to a terminal but visible characters", () => {
  assert(
    property(anyName, (hostile) => {
      const review = reviewOfOne(hostile);
      for (const pieces of [renderTable(review, 80), renderJson(review), renderCsv(review, PIPED)]) {
        expect([...pieces].join("").replaceAll("\r\n", "").replaceAll("\n", "")).not.toMatch(CONTROL);
      }
    }),
  );
});

test("no name becomes markup", () => {
  const tagsOf = (text: string) =>
    [...renderHtml(reviewOfOne(text, text))]
      .join("")
      .match(/<[^>]*>/g)
      ?.map((tag) => tag.replace(/ aria-label="[^"]*"/, ""));
  const tags = tagsOf("ordinary");
  assert(
    property(anyName, (hostile) => {
      expect(tagsOf(hostile)).toEqual(tags);
      expect([...renderHtml(reviewOfOne(hostile))].join("").replaceAll("\n", "")).not.toMatch(CONTROL);
    }),
  );
});

test("every text arrives in JSON as it is", () => {
  assert(
    property(anyName, (hostile) => {
      const { admins } = JSON.parse([...renderJson(reviewOfOne(hostile))].join(""));
      expect(admins[0].name).toBe(hostile);
    }),
  );
});

test("no name becomes a formula or another cell", () => {
  assert(
    property(anyName, (hostile) => {
      const [header = [], row = []] = parseCsv([...renderCsv(reviewOfOne(hostile, hostile), PIPED)].join(""));
      expect(row).toHaveLength(header.length);
      for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
    }),
  );
  const cells = parseCsv([...renderCsv(reviewOfOne('a, "b"\'s'), PIPED)].join(""));
  expect(cells[1]?.[3]).toBe('a, "b"\'s');
});

/** The cells of each line, as RFC 4180 has them. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)?.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end !== ",") lines.push([]);
  }
  return lines.slice(0, -1);
}
