import { escapeHtml } from "./escape-html.ts";

/** A part of a page of which one is shown at a time. */
export interface Tab {
  /** Letters and hyphens. */
  readonly id: string;
  readonly title: string;
  /** Behind the title, such as a number. */
  readonly badge: string;
  readonly explanation: string;
  /** HTML. */
  readonly content: Iterable<string>;
}

/** Most that the style sheet knows of. */
export const MAX_TABS = 4;

/**
 * Parts of which one is shown at a time, without a script: buttons of which one is chosen, by the mouse or by the arrow keys.
 * On paper all of them are there.
 *
 * @param label what is chosen, for who hears the page
 */
export function* renderTabs(label: string, tabs: readonly Tab[]): Generator<string> {
  yield `<div class="tabs" role="group" aria-label="${escapeHtml(label)}">\n`;
  for (const [index, { id, title, badge }] of tabs.entries()) {
    const input = `<input type="radio" name="tab" id="tab-${escapeHtml(id)}"${index === 0 ? " checked" : ""}>`;
    yield `${input}<label for="tab-${escapeHtml(id)}">${escapeHtml(title)} <b>${escapeHtml(badge)}</b></label>\n`;
  }
  for (const { id, title, badge, explanation, content } of tabs) {
    yield `<section class="card list panel" id="${escapeHtml(id)}">\n`;
    yield `<h2>${escapeHtml(title)} <b>${escapeHtml(badge)}</b></h2>\n<p>${escapeHtml(explanation)}</p>\n`;
    yield* content;
    yield "</section>\n";
  }
  yield "</div>\n";
}
