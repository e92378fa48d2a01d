import { hash } from "node:crypto";
import { escapeHtml } from "./escape-html.ts";
import type { Figure, Property } from "./figures.ts";

/**
 * The parts of a page without scripts that loads nothing. All texts are escaped here. Should a hostile one ever get
 * through as markup, the policy of the page allows it neither to run nor to fetch anything.
 */

export interface PageHead {
  /** What kind of report it is; stands above the subject and in the title. */
  readonly kind: string;
  /** What it is about. */
  readonly subject: string;
  /** Below the subject. */
  readonly sentences: readonly string[];
  /** The style sheet, as `makeStyle` makes it; the only thing that the policy lets in. */
  readonly style: string;
}

export function renderHead({ kind, subject, sentences, style }: PageHead): string {
  const policy = `default-src 'none'; style-src 'sha256-${hash("sha256", style, "base64")}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(`${kind}: ${subject}`)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p>${escapeHtml(kind)}</p>
<h1><bdi>${escapeHtml(subject)}</bdi></h1>
${sentences.map((sentence) => `<p>${escapeHtml(sentence)}</p>`).join("\n")}
</header>
`;
}

/** The end of the page, with a last sentence. */
export function renderFoot(sentence: string): string {
  return `<footer>${escapeHtml(sentence)}</footer>
</main>
</body>
</html>
`;
}

/** The figures as tiles; one that has a list leads there. */
export function renderTiles(figures: readonly Figure[]): string {
  return `<div class="tiles">\n${figures.map(renderTile).join("\n")}\n</div>\n`;
}

function renderTile({ label, value, detail, list }: Figure): string {
  const content = `<p class="label">${escapeHtml(label)}</p><p class="value">${escapeHtml(value)}</p><p>${escapeHtml(detail)}</p>`;
  return list === undefined
    ? `<div class="tile">${content}</div>`
    : `<a class="tile" href="#${escapeHtml(list)}">${content}</a>`;
}

export interface Chart {
  readonly title: string;
  /** HTML, of the charts of this folder or of {@link renderMuted}. */
  readonly content: string;
}

/** Charts side by side. */
export function renderCharts(charts: readonly Chart[]): string {
  const cards = charts.map(
    ({ title, content }) => `<section class="card"><h2>${escapeHtml(title)}</h2>\n${content}\n</section>\n`,
  );
  return `<div class="charts">\n${cards.join("")}</div>\n`;
}

/** A sentence in place of something. */
export function renderMuted(sentence: string): string {
  return `<p class="muted">${escapeHtml(sentence)}</p>`;
}

/** Sentences on what limits the report; nothing if there is none. */
export function renderNotes(notes: readonly string[]): string {
  if (notes.length === 0) return "";
  return `<ul class="card notes">${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul>\n`;
}

export interface PageSection {
  /** Where links to it lead. */
  readonly id: string;
  readonly title: string;
  /** Behind the title, such as a number. */
  readonly badge?: string;
  readonly explanation: string;
}

/** @param content HTML */
export function* renderSection(
  { id, title, badge, explanation }: PageSection,
  content: Iterable<string>,
): Generator<string> {
  const heading = escapeHtml(title) + (badge === undefined ? "" : ` <b>${escapeHtml(badge)}</b>`);
  yield `<section class="card list" id="${escapeHtml(id)}">\n<h2>${heading}</h2>\n`;
  yield `<p>${escapeHtml(explanation)}</p>\n`;
  yield* content;
  yield "</section>\n";
}

export interface PageColumn {
  readonly title: string;
  /** A place to write by hand. */
  readonly isBlank?: boolean;
  /** Stands at the right. */
  readonly isNumber?: boolean;
}

/** HTML that stands in a cell as it is, made by the functions here and in `html-charts.ts`. */
export interface Markup {
  readonly html: string;
}

/** @param rows a text for each column */
export function* renderRows(
  columns: readonly PageColumn[],
  rows: Iterable<readonly (string | Markup)[]>,
): Generator<string> {
  const titles = columns.map(({ title }) => escapeHtml(title));
  const classes = columns.map(({ isNumber }) => (isNumber === true ? ' class="number"' : ""));
  const heads = titles.map((title, index) => `<th scope="col"${classes[index]}>${title}</th>`);
  yield `<table>\n<thead><tr>${heads.join("")}</tr></thead>\n<tbody>\n`;
  for (const row of rows) {
    const cells = columns.map(({ isBlank }, index) => {
      if (isBlank === true) return `<td class="blank" data-title="${titles[index]}"></td>`;
      return `<td${classes[index]} data-title="${titles[index]}">${renderCell(row[index] ?? "")}</td>`;
    });
    yield `<tr>${cells.join("")}</tr>\n`;
  }
  yield "</tbody>\n</table>\n";
}

function renderCell(cell: string | Markup): string {
  if (typeof cell !== "string") return cell.html === "" ? "" : `<div>${cell.html}</div>`;
  return cell === "" ? "" : `<bdi>${escapeHtml(cell)}</bdi>`;
}

/** A text that leads to another page, if there is one, with a few words below it. */
export function renderLink(text: string, address: string | null, detail = ""): Markup {
  const below = detail === "" ? "" : `<small><bdi>${escapeHtml(detail)}</bdi></small>`;
  const name = `<bdi>${escapeHtml(text)}</bdi>`;
  if (address === null) return { html: name + below };
  return { html: `<a class="link" href="${escapeHtml(address)}">${name}</a>${below}` };
}

/** A few words that stand out. */
export interface Mark {
  readonly text: string;
  readonly urgency: "high" | "medium" | "low";
}

/** Marks, and a sentence behind them. */
export function renderMarks(marks: readonly Mark[], sentence = ""): Markup {
  const parts = marks.map(({ text, urgency }) => `<b class="mark ${urgency}">${escapeHtml(text)}</b>`);
  return { html: [...parts, ...(sentence === "" ? [] : [`<bdi>${escapeHtml(sentence)}</bdi>`])].join(" ") };
}

/** A list of names and what they stand for. */
export function renderProperties(properties: readonly Property[]): string {
  const rows = properties.map(
    ({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd><bdi>${escapeHtml(value)}</bdi></dd>`,
  );
  return `<dl>${rows.join("\n")}</dl>\n`;
}

/** To be filled in by hand on paper. */
export const SIGN_OFF = `<section class="card list sign-off" id="sign-off">
<h2>Signed off</h2>
<dl><dt>Reviewed by</dt><dd></dd><dt>Date</dt><dd></dd><dt>Signature</dt><dd></dd></dl>
</section>
`;
