import { escapeHtml } from "#format/escape-html.ts";
import { formatNumber } from "#format/number.ts";
import type { ChangeCounts } from "./findings.ts";
import type { ReviewFacts } from "./review.ts";

interface Segment {
  readonly label: string;
  readonly count: number;
  /** Class that gives the colour. */
  readonly kind: "active" | "idle" | "unknown" | "free";
}

/**
 * One bar for all seats, in use or free, and what its colours mean. Bars are stretched to the width there is; text
 * is outside of the pictures so that it keeps its size.
 */
export function renderSeatChart({ counts, purchasedSeats }: ReviewFacts): string {
  const all: readonly Segment[] = [
    { label: "Valid sign-in session", count: counts.seatsSignedIn, kind: "active" },
    { label: "No valid sign-in session", count: counts.seatsIdle, kind: "idle" },
    { label: "In use, sign-ins unknown", count: counts.seatsUnknown, kind: "unknown" },
    { label: "Free", count: Math.max(0, (purchasedSeats ?? 0) - counts.seats), kind: "free" },
  ];
  const segments = all.filter(({ count }) => count > 0);
  if (segments.length === 0) return `<p class="muted">No seat is in use.</p>`;
  const legend = segments.map(
    ({ label, count, kind }) => `<li><i class="${kind}"></i>${label} <b>${formatNumber(count)}</b></li>`,
  );
  const summary = segments.map(({ label, count }) => `${label}: ${formatNumber(count)}`).join("; ");
  return `${renderBar(segments, `Seats. ${summary}`)}<ul class="legend">${legend.join("")}</ul>`;
}

function renderBar(segments: readonly Segment[], summary: string): string {
  const total = segments.reduce((sum, { count }) => sum + count, 0);
  let x = 0;
  const parts = segments.map(({ count, kind }) => {
    const width = (count / total) * 100;
    const part = `<rect class="${kind}" x="${round(x)}" width="${round(width)}" height="1"/>`;
    x += width;
    return part;
  });
  return renderSvg("bar", 100, summary, parts.join(""));
}

/** Per kind of change two bars from a line in the middle: what went to the left, what came to the right. */
export function renderChangeChart(changes: ChangeCounts): string {
  const rows = [
    { label: "Members", lost: changes.left, lostAs: "left", gained: changes.joined, gainedAs: "joined" },
    {
      label: "Seats of those who stayed",
      lost: changes.seat_lost,
      lostAs: "lost",
      gained: changes.seat_gained,
      gainedAs: "gained",
    },
    {
      label: "Admins among those who stayed",
      lost: changes.admin_lost,
      lostAs: "lost",
      gained: changes.admin_gained,
      gainedAs: "gained",
    },
  ];
  const longest = Math.max(1, ...rows.flatMap(({ lost, gained }) => [lost, gained]));
  return rows
    .map(({ label, lost, lostAs, gained, gainedAs }) => {
      const left = (lost / longest) * 100;
      const right = (gained / longest) * 100;
      const bars =
        `<rect class="lost" x="${round(100 - left)}" width="${round(left)}" height="1"/>` +
        `<rect class="gained" x="100" width="${round(right)}" height="1"/>`;
      const words = [`${formatNumber(lost)} ${lostAs}`, `${formatNumber(gained)} ${gainedAs}`] as const;
      return (
        `<div class="change"><p>${label}</p><span>${words[0]}</span>` +
        `${renderSvg("both", 200, `${label}: ${words.join(", ")}`, bars)}<span>${words[1]}</span></div>`
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
