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

function renderSvg(kind: string, width: number, summary: string, content: string): string {
  return (
    `<svg class="${kind}" viewBox="0 0 ${width} 1" preserveAspectRatio="none" role="img" ` +
    `aria-label="${escapeHtml(summary)}">${content}</svg>`
  );
}

function round(number: number): number {
  return Math.round(number * 1000) / 1000;
}
