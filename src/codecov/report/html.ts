import { renderMovements, renderShares } from "#format/html-charts.ts";
import {
  renderCharts,
  renderFoot,
  renderHead,
  renderMuted,
  renderNotes,
  renderProperties,
  renderRows,
  renderSection,
  renderTiles,
  SIGN_OFF,
} from "#format/html-page.ts";
import { makeStyle } from "#format/html-style.ts";
import { formatNumber } from "#format/number.ts";
import { describeMovements, describeSeats } from "./charts.ts";
import { describeTime } from "./described-times.ts";
import { describeFigures, describeOrganization } from "./overview.ts";
import { describeComparison, describeSource } from "./provenance.ts";
import type { ReviewContent, ReviewFacts } from "./review.ts";
import { describePopulation, describeSections, type Section } from "./sections.ts";

/** Rows of a list that are shown: more than anybody reads. The list of all members is the evidence, and complete. */
const MAX_ROWS = 1_000;

/** The list of all members takes the whole width of a page that is turned, with room for decisions at the right. */
const STYLE = makeStyle({
  shares: [
    { name: "active", light: "#2f6fde", dark: "#5b93f5" },
    { name: "idle", light: "#e08a1e", dark: "#f0a24a" },
    { name: "unknown", light: "#8f99ab", dark: "#7b8599" },
    { name: "free", light: "#d5dae3", dark: "#363e4d" },
  ],
  wideList: {
    id: "members",
    widths: [
      { columns: [1], width: "17%" },
      { columns: [2], width: "14%" },
      { columns: [3], width: "25%" },
      { columns: [8, 9], width: "11%" },
    ],
    unbroken: 6,
    firstBlank: 8,
  },
});

/** The review as one page without scripts that loads nothing, in pieces. */
export function* renderHtml(review: ReviewContent): Generator<string> {
  const { facts } = review;
  yield renderHead({
    kind: "Codecov access review",
    subject: describeOrganization(facts),
    sentences: describeComparison(facts),
    style: STYLE,
  });
  yield renderTiles(describeFigures(facts));
  yield renderReviewCharts(facts);
  yield renderNotes(facts.notes);
  for (const section of describeSections(facts)) yield* renderList(review, section, MAX_ROWS);
  yield* renderList(review, describePopulation(facts), Number.POSITIVE_INFINITY);
  yield* renderSection(
    {
      id: "source",
      title: "Where this comes from",
      explanation: "All times are UTC. This page was made without contacting Codecov.",
    },
    [renderProperties(describeSource(facts))],
  );
  yield SIGN_OFF;
  yield renderFoot("Contains personal data: share it with care.");
}

function renderReviewCharts(facts: ReviewFacts): string {
  const { counts, previousSync } = facts;
  const since = previousSync === null ? "the previous sync" : describeTime(previousSync);
  return renderCharts([
    { title: "Seats", content: renderShares("Seats", describeSeats(facts), "No seat is in use.") },
    {
      title: `Since ${since}`,
      content:
        counts.changes === null
          ? renderMuted("Unknown without an earlier sync to compare with.")
          : renderMovements(describeMovements(counts.changes)),
    },
  ]);
}

function renderList(review: ReviewContent, section: Section, maxRows: number): Generator<string> {
  const { list, title, count, explanation } = section;
  const head = {
    id: list,
    title,
    badge: count === undefined ? "unknown" : formatNumber(count),
    explanation: count === 0 ? "None." : explanation,
  };
  return renderSection(
    head,
    count === undefined || count === 0 ? [] : renderMembers(review, section, maxRows),
  );
}

function* renderMembers(
  review: ReviewContent,
  { list, columns, count = 0 }: Section,
  maxRows: number,
): Generator<string> {
  const findings = Iterator.from(review.list(list)).take(maxRows);
  yield* renderRows(
    columns,
    findings.map((finding) => columns.map((column) => column.read(finding))),
  );
  if (count > maxRows) {
    yield `<p>… and ${formatNumber(count - maxRows)} more; the list of all members below includes them.</p>\n`;
  }
}
