import { escapeHtml } from "./escape-html.ts";
import { formatNumber } from "./number.ts";

/** A part of a whole. */
export interface Share {
  readonly label: string;
  readonly count: number;
  /** Name of its colour, see `StyleOptions.shares`. */
  readonly colour: string;
}

/**
 * One bar for a whole, in parts, and what its colours mean. Bars are stretched to the width there is; text is outside
 * of the pictures so that it keeps its size.
 *
 * @param subject what the parts are of, for who hears the page
 * @param none what to say if there is nothing to show
 */
export function renderShares(subject: string, all: readonly Share[], none: string): string {
  const shares = all.filter(({ count }) => count > 0);
  if (shares.length === 0) return `<p class="muted">${escapeHtml(none)}</p>`;
  const legend = shares.map(
    ({ label, count, colour }) =>
      `<li><i class="${colour}"></i>${escapeHtml(label)} <b>${formatNumber(count)}</b></li>`,
  );
  const summary = shares.map(({ label, count }) => `${label}: ${formatNumber(count)}`).join("; ");
  return `${renderBar(shares, `${subject}. ${summary}`)}<ul class="legend">${legend.join("")}</ul>`;
}

function renderBar(shares: readonly Share[], summary: string): string {
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  let x = 0;
  const parts = shares.map(({ count, colour }) => {
    const width = (count / total) * 100;
    const part = `<rect class="${colour}" x="${round(x)}" width="${round(width)}" height="1"/>`;
    x += width;
    return part;
  });
  return renderSvg("bar", 100, summary, parts.join(""));
}

/** What went and what came of one kind of thing. */
export interface Movement {
  readonly label: string;
  readonly lost: number;
  /** The word after the number, such as `left`. */
  readonly lostAs: string;
  readonly gained: number;
  readonly gainedAs: string;
}

/** Per kind two bars from a line in the middle: what went to the left, what came to the right. */
export function renderMovements(movements: readonly Movement[]): string {
  const longest = Math.max(1, ...movements.flatMap(({ lost, gained }) => [lost, gained]));
  return movements
    .map(({ label, lost, lostAs, gained, gainedAs }) => {
      const left = (lost / longest) * 100;
      const right = (gained / longest) * 100;
      const bars =
        `<rect class="lost" x="${round(100 - left)}" width="${round(left)}" height="1"/>` +
        `<rect class="gained" x="100" width="${round(right)}" height="1"/>`;
      const words = [`${formatNumber(lost)} ${lostAs}`, `${formatNumber(gained)} ${gainedAs}`] as const;
      return (
        `<div class="change"><p>${escapeHtml(label)}</p><span>${escapeHtml(words[0])}</span>` +
        `${renderSvg("both", 200, `${label}: ${words.join(", ")}`, bars)}<span>${escapeHtml(words[1])}</span></div>`
      );
    })
    .join("\n");
}

/** Height of the picture of a trend, in its own units; a day is {@link DAY_WIDTH} wide. */
const TREND_HEIGHT = 32;
const DAY_WIDTH = 5;

/** A trend fills no less than so many points, so that a change of a hundredth is no cliff. */
const MIN_SPAN = 4;

export interface Trend {
  /** A value in percent for each day, the oldest first; null for a day without one. */
  readonly days: readonly (number | null)[];
  /** A line to stay above, in percent; null: none. */
  readonly limit: number | null;
  /** What it shows, for who hears the page. */
  readonly summary: string;
}

/**
 * A line through the days that have a value. Where days without one lie between two, the line is thin and dotted; a value with
 * none beside it is a dot. The limit is drawn if it lies within the picture. Each trend has a scale of its own.
 */
export function renderTrend({ days, limit, summary }: Trend): string {
  const known = days.flatMap((value, day) => (value === null ? [] : [{ day, value }]));
  if (known.length === 0) return "";
  const values = known.map(({ value }) => value);
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  const span = Math.max(MIN_SPAN, Math.max(...values) - Math.min(...values));
  const x = (day: number) => round(day * DAY_WIDTH);
  const y = (value: number) => round(TREND_HEIGHT / 2 - ((value - middle) / span) * (TREND_HEIGHT - 4));
  const point = ({ day, value }: { day: number; value: number }) => `${x(day)} ${y(value)}`;

  let line = "";
  let gaps = "";
  let dots = "";
  for (const [index, current] of known.entries()) {
    const before = known[index - 1];
    const after = known[index + 1];
    const follows = before?.day === current.day - 1;
    line += follows ? `L${point(current)}` : after?.day === current.day + 1 ? `M${point(current)}` : "";
    if (before !== undefined && !follows) gaps += `M${point(before)}L${point(current)}`;
    if (!follows && after?.day !== current.day + 1) dots += `M${point(current)}h0`;
  }
  const width = Math.max(1, days.length - 1) * DAY_WIDTH;
  const isLimitSeen = limit !== null && y(limit) >= 0 && y(limit) <= TREND_HEIGHT;
  const paths = [
    ["limit", isLimitSeen ? `M0 ${y(limit)}H${width}` : ""],
    ["gap", gaps],
    ["known", line],
    ["dot", dots],
  ] as const;
  const content = paths.map(([name, path]) => (path === "" ? "" : `<path class="${name}" d="${path}"/>`));
  const text = escapeHtml(summary);
  return (
    `<svg class="trend" viewBox="0 0 ${width} ${TREND_HEIGHT}" preserveAspectRatio="none" role="img" ` +
    `aria-label="${text}"><title>${text}</title>${content.join("")}</svg>`
  );
}

function renderSvg(kind: string, width: number, summary: string, content: string): string {
  return (
    `<svg class="${kind}" viewBox="0 0 ${width} 1" preserveAspectRatio="none" role="img" ` +
    `aria-label="${escapeHtml(summary)}">${content}</svg>`
  );
}

function round(number: number): number {
  return Math.round(number * 1000) / 1000;
}
