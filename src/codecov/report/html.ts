import { hash } from "node:crypto";
import { escapeHtml } from "#format/escape-html.ts";
import { formatNumber } from "#format/number.ts";
import { renderChangeChart, renderSeatChart } from "./charts.ts";
import type { Finding } from "./findings.ts";
import { STYLE } from "./html-style.ts";
import { describeFigures, describeOrganization, type Figure } from "./overview.ts";
import { describeComparison, describeSource } from "./provenance.ts";
import type { ReviewContent, ReviewFacts } from "./review.ts";
import { type Column, describePopulation, describeSections, type Section } from "./sections.ts";
import { describeTime } from "./times.ts";

/** Rows of a list that are shown: more than anybody reads. The list of all members is the evidence, and complete. */
const MAX_ROWS = 1_000;

/**
 * The review as one page without scripts that loads nothing, in pieces. Should a hostile name ever get through
 * as markup, the page's policy allows it neither to run nor to fetch anything.
 */
export function* renderHtml(review: ReviewContent): Generator<string> {
  const { facts } = review;
  yield renderHead(facts);
  yield `<div class="tiles">\n${describeFigures(facts).map(renderTile).join("\n")}\n</div>\n`;
  yield renderCharts(facts);
  if (facts.notes.length > 0) {
    const notes = facts.notes.map((note) => `<li>${escapeHtml(note)}</li>`);
    yield `<ul class="card notes">${notes.join("")}</ul>\n`;
  }
  for (const section of describeSections(facts)) yield* renderSection(review, section, MAX_ROWS);
  yield* renderSection(review, describePopulation(facts), Number.POSITIVE_INFINITY);
  yield renderSource(facts);
  yield SIGN_OFF;
  yield FOOT;
}

function renderHead(facts: ReviewFacts): string {
  const organization = escapeHtml(describeOrganization(facts));
  const policy = `default-src 'none'; style-src 'sha256-${hash("sha256", STYLE, "base64")}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Codecov access review: ${organization}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p>Codecov access review</p>
<h1><bdi>${organization}</bdi></h1>
${describeComparison(facts)
  .map((sentence) => `<p>${escapeHtml(sentence)}</p>`)
  .join("\n")}
</header>
`;
}

function renderTile({ label, value, detail, list }: Figure): string {
  const content = `<p class="label">${label}</p><p class="value">${value}</p><p>${escapeHtml(detail)}</p>`;
  return list === undefined
    ? `<div class="tile">${content}</div>`
    : `<a class="tile" href="#${list}">${content}</a>`;
}

function renderCharts(facts: ReviewFacts): string {
  const { counts, previousSync } = facts;
  const { changes } = counts;
  const since = previousSync === null ? "the previous sync" : describeTime(previousSync);
  const second =
    changes === null
      ? `<p class="muted">Unknown without an earlier sync to compare with.</p>`
      : renderChangeChart(changes);
  return `<div class="charts">
<section class="card"><h2>Seats</h2>
${renderSeatChart(facts)}
</section>
<section class="card"><h2>Since ${escapeHtml(since)}</h2>
${second}
</section>
</div>
`;
}

function* renderSection(
  review: ReviewContent,
  { list, title, count, explanation, columns }: Section,
  maxRows: number,
): Generator<string> {
  const number = count === undefined ? "unknown" : formatNumber(count);
  yield `<section class="card list" id="${list}">\n<h2>${escapeHtml(title)} <b>${number}</b></h2>\n`;
  yield `<p>${count === 0 ? "None." : escapeHtml(explanation)}</p>\n`;
  if (count !== undefined && count > 0) {
    const titles = columns.map((column) => `<th scope="col">${column.title}</th>`);
    yield `<table>\n<thead><tr>${titles.join("")}</tr></thead>\n<tbody>\n`;
    for (const finding of takeFirst(review.list(list), maxRows)) yield renderRow(columns, finding);
    yield "</tbody>\n</table>\n";
    if (count > maxRows) {
      yield `<p>… and ${formatNumber(count - maxRows)} more; all of them are among the members below.</p>\n`;
    }
  }
  yield "</section>\n";
}

function renderRow(columns: readonly Column[], finding: Finding): string {
  const cells = columns.map((column) => {
    if (column.isBlank === true) return `<td class="blank" data-title="${column.title}"></td>`;
    const text = escapeHtml(column.read(finding));
    return `<td data-title="${column.title}">${text === "" ? "" : `<bdi>${text}</bdi>`}</td>`;
  });
  return `<tr>${cells.join("")}</tr>\n`;
}

function renderSource(facts: ReviewFacts): string {
  const rows = describeSource(facts).map(
    ({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd><bdi>${escapeHtml(value)}</bdi></dd>`,
  );
  return `<section class="card list" id="source">
<h2>Where this comes from</h2>
<p>All times are UTC. Codecov was not asked for this page.</p>
<dl>${rows.join("\n")}</dl>
</section>
`;
}

/** To be filled in by hand on paper. */
const SIGN_OFF = `<section class="card list sign-off" id="sign-off">
<h2>Signed off</h2>
<dl><dt>Reviewed by</dt><dd></dd><dt>Date</dt><dd></dd><dt>Signature</dt><dd></dd></dl>
</section>
`;

const FOOT = `<footer>Holds personal data: pass it on with care.</footer>
</main>
</body>
</html>
`;

function* takeFirst<T>(items: Iterable<T>, limit: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    if (taken === limit) return;
    taken += 1;
    yield item;
  }
}
