import { MAX_TABS } from "./html-tabs.ts";

/** A colour of a chart. */
export interface Colour {
  /** Letters, digits and hyphens; a class of the page. */
  readonly name: string;
  /** As CSS writes it. */
  readonly light: string;
  readonly dark: string;
}

/** A list of so many columns that paper is turned for it. */
export interface WideList {
  /** Of its section. */
  readonly id: string;
  /** Widths of columns, the first of which has the number 1; the others share the rest. */
  readonly widths: readonly { readonly columns: readonly number[]; readonly width: string }[];
  /** Column whose cells have one line where there is room. */
  readonly unbroken: number;
  /** First of the columns to write in, which are the last ones. */
  readonly firstBlank: number;
}

export interface StyleOptions {
  /** Colours of the parts of a whole. */
  readonly shares: readonly Colour[];
  readonly wideList?: WideList;
}

/** What went and what came, see `renderMovements`. */
const MOVEMENTS: readonly Colour[] = [
  { name: "lost", light: "#c2571a", dark: "#e78650" },
  { name: "gained", light: "#2f6fde", dark: "#5b93f5" },
];

/** The style sheet of a page: light or dark as the reader's system is, and fit for paper. */
export function makeStyle({ shares, wideList }: StyleOptions): string {
  const colours = [...shares, ...MOVEMENTS];
  const light = colours.map((colour) => `--${colour.name}: ${colour.light};`).join(" ");
  const dark = colours.map((colour) => `--${colour.name}: ${colour.dark};`).join(" ");
  const fills = colours.map(({ name }) => `.${name} { fill: var(--${name}); }`);
  const swatches = shares.map(({ name }) => `i.${name} { background: var(--${name}); }`);
  return `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --line: #dfe2e8; --text: #1b2130; --muted: #5b6475; --link: #1d4fb8;
  --high: #a8200d; --high-ground: #fdeae6; --medium: #7a4a00; --medium-ground: #fdf1d8; --low: #454e5f; --low-ground: #eceef2;
  ${light}
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151c; --card: #1b202a; --line: #303745; --text: #e7eaf0; --muted: #a1abbd; --link: #8fb4ff;
    --high: #ffb3a5; --high-ground: #4d1f18; --medium: #f6cf8a; --medium-ground: #45330f; --low: #c3cad6; --low-ground: #2a303c;
    ${dark}
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 48px; }
header p { margin: 0; color: var(--muted); }
h1 { margin: 2px 0 4px; font-size: 28px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0; font-size: 18px; line-height: 1.3; }
h2 b { margin-left: 6px; color: var(--muted); font-weight: 500; }
a { color: inherit; text-decoration: none; }
.muted { color: var(--muted); }
.tiles { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; margin: 24px 0 12px; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.tile { display: block; }
.tile p { margin: 0; color: var(--muted); font-size: 13px; }
.tile .value { margin: 2px 0; color: var(--text); font-size: 28px; line-height: 1.2; font-weight: 650; }
a.tile:hover, a.tile:focus-visible { border-color: var(--link); }
a.tile .label::after { content: " ↓"; color: var(--link); }
.charts { display: grid; grid-template-columns: repeat(2, 1fr); gap: 12px; }
.charts h2 { font-size: 15px; margin-bottom: 14px; }
svg { display: block; }
svg.bar { width: 100%; height: 26px; border-radius: 5px; }
svg.both { width: 100%; height: 14px; background: linear-gradient(var(--line), var(--line)) center / 1px 100% no-repeat; }
${inLines(fills, 3)}
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 14px 0 0; padding: 0; list-style: none; font-size: 13px; }
.legend i { display: inline-block; width: 11px; height: 11px; margin-right: 7px; border-radius: 3px; }
${inLines(swatches, 2)}
.change { display: grid; grid-template-columns: 6em 1fr 6em; gap: 0 10px; align-items: center; margin-top: 10px; font-size: 13px; }
.change p { grid-column: 1 / -1; margin: 0; text-align: center; color: var(--muted); }
.change span:first-of-type { text-align: right; }
.notes { margin: 12px 0 0; padding: 12px 18px 12px 36px; color: var(--muted); }
.list { margin-top: 20px; }
.list > p { margin: 4px 0 0; color: var(--muted); max-width: 80ch; }
table { width: 100%; margin-top: 12px; border-collapse: collapse; font-size: 14px; }
th { padding: 6px 12px 6px 0; color: var(--muted); font-size: 12px; font-weight: 600; text-align: left; }
td { padding: 7px 12px 7px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:first-child { font-weight: 600; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.blank { border-left: 1px solid var(--line); }
.panel th:first-child { width: 24%; }
td small { display: block; color: var(--muted); font-size: 12px; font-weight: 400; }
a.link { color: var(--link); }
a.link:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.mark { display: inline-block; padding: 0 7px; border-radius: 9px; font-size: 12px; font-weight: 600; line-height: 18px; white-space: nowrap; }
.mark.high { color: var(--high); background: var(--high-ground); }
.mark.medium { color: var(--medium); background: var(--medium-ground); }
.mark.low { color: var(--low); background: var(--low-ground); }
svg.trend { width: 180px; height: 38px; overflow: visible; }
.trend path { fill: none; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.trend .known { stroke: var(--link); }
.trend .gap { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 2 3; }
.trend .limit { stroke: var(--high); stroke-width: 1; stroke-dasharray: 5 3; }
.trend .dot { stroke: var(--link); stroke-width: 4; }
${wideList === undefined ? "" : makeWideStyle(wideList)}
.tabs { margin-top: 24px; }
.tabs > input { position: absolute; opacity: 0; pointer-events: none; }
.tabs > label {
  display: inline-block; margin-right: 4px; padding: 9px 16px; border: 1px solid transparent; border-bottom: 0;
  border-radius: 10px 10px 0 0; color: var(--muted); font-weight: 600; cursor: pointer;
}
.tabs > label b { margin-left: 4px; font-weight: 500; }
.tabs > label:hover { color: var(--link); }
.tabs > input:checked + label { position: relative; top: 1px; color: var(--text); background: var(--card); border-color: var(--line); }
.tabs > input:focus-visible + label { outline: 2px solid var(--link); outline-offset: -3px; }
.tabs > .panel { display: none; margin-top: 0; border-top-left-radius: 0; }
${inLines(
  Array.from(
    { length: MAX_TABS },
    (_, index) =>
      `.tabs > input:nth-of-type(${index + 1}):checked ~ .panel:nth-of-type(${index + 1}) { display: block; }`,
  ),
  1,
)}
.panel > h2 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 12px 0 0; font-size: 14px; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
.sign-off dl { row-gap: 22px; } .sign-off dd { border-bottom: 1px solid var(--muted); max-width: 26em; }
footer { margin-top: 24px; color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
@media (max-width: 720px) {
  main { padding: 20px 14px 32px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .charts { grid-template-columns: 1fr; }
  thead { display: none; }
  tr { display: block; padding: 8px 0; border-top: 1px solid var(--line); }
  td { display: grid; grid-template-columns: 7em minmax(0, 1fr); padding: 1px 0; border: 0; }
  svg.trend { width: 100%; max-width: 180px; }
  td:empty:not(.blank) { display: none; }
  td.blank { border: 0; }
  td.blank::after { content: ""; border-bottom: 1px dotted var(--muted); }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; }
  td::before { content: attr(data-title); color: var(--muted); font-weight: 400; }
  td.number { text-align: left; }
  .tabs > label { margin-right: 0; padding: 8px 5px; font-size: 12px; }
  .panel th:first-child { width: auto; }
}
@page { @bottom-right { content: counter(page) " / " counter(pages); font: 9px sans-serif; } }
@page wide { size: landscape; }
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --card: #ffffff; --line: #cfd4dc; --text: #000000; --muted: #444b58; --link: #000000;
    ${light}
  }
  * { print-color-adjust: exact; }
  body { font-size: 11px; }
  main { max-width: none; padding: 0; }
  table, th { font-size: 10px; }
  td { padding-top: 4px; padding-bottom: 4px; }
  .tile, .card, tr { break-inside: avoid; }
  .list { break-inside: auto; padding: 0; border: 0; }
  .sign-off { break-inside: avoid; }
  .tabs > label { display: none; }
  .tabs > .panel { display: block; margin-top: 20px; }
  .panel > h2 { position: static; width: auto; height: auto; clip-path: none; }
  svg.trend { width: 110px; height: 24px; }
  .mark, td small { font-size: 9px; line-height: 14px; }
  #source { break-before: page; }
  #source dl { font-size: 10px; }
  h2, thead { break-after: avoid; }
  a.tile .label::after { content: none; }
}
${wideList === undefined ? "" : makeWidePrint(wideList)}`;
}

function makeWideStyle({ id, widths, unbroken, firstBlank }: WideList): string {
  const columns = widths.map(
    ({ columns: numbers, width }) =>
      `${numbers.map((number) => `#${id} th:nth-child(${number})`).join(", ")} { width: ${width}; }`,
  );
  return `th:nth-child(1) { width: 24%; } th:nth-child(2) { width: 20%; } th:nth-child(3) { width: 26%; }
#${id} th:nth-child(n) { width: auto; }
#${id} table { font-size: 13px; }
${inLines(columns, 3)}
#${id} th:nth-child(n + ${firstBlank}) { padding-left: 8px; }
@media (min-width: 721px) { #${id} td:nth-child(${unbroken}) { white-space: nowrap; } }`;
}

function makeWidePrint({ id }: WideList): string {
  return `@media print {
  #${id} { page: wide; }
  #${id} table { font-size: 10px; }
}
`;
}

/** Rules, so many in a line. */
function inLines(rules: readonly string[], perLine: number): string {
  const starts = rules.keys().filter((index) => index % perLine === 0);
  const lines = starts.map((start) => rules.slice(start, start + perLine).join(" "));
  return lines.toArray().join("\n");
}
