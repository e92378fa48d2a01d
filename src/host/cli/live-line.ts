import { showHidden } from "#kernel/visible-text.ts";

const CLEAR_LINE = "\r\u001b[2K";

/** Nobody reads faster than this. */
const REDRAW_MS = 80;

const DEFAULT_COLUMNS = 80;

/** The part of a terminal that is written to. */
export interface TerminalStream {
  readonly columns?: number;
  write(text: string | Uint8Array): unknown;
}

/** One line at the end of a terminal that is redrawn in place, while other output goes above it. */
export class LiveLine {
  readonly #stream: TerminalStream;
  readonly #now: () => number;
  #text = "";
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds that never go backwards */
  constructor(stream: TerminalStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Shows `text`, shortened to the width of the terminal; not more often than anyone could see. */
  update(text: string): void {
    // Some pseudo-terminals say that they have no columns at all.
    const columns = this.#stream.columns || DEFAULT_COLUMNS;
    this.#text = showHidden(text).slice(0, columns - 1);
    if (this.#now() - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = this.#now();
    this.#stream.write(CLEAR_LINE + this.#text);
  }

  /** Writes whole lines where the live line is and draws it again below. */
  writeAbove(lines: string | Uint8Array): void {
    if (this.#text !== "") this.#stream.write(CLEAR_LINE);
    this.#stream.write(lines);
    if (this.#text !== "") this.#stream.write(this.#text);
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.#text !== "") this.#stream.write(CLEAR_LINE);
    this.#text = "";
  }
}
