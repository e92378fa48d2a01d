import { type SqlToken, splitSql } from "./sql-tokens.ts";

/** A column of a plain table. */
export interface PlainColumn {
  readonly name: string;
  /** The declared type in lower case; empty if there is none. */
  readonly type: string;
  readonly isRowId: boolean;
  /** The literal that stands after DEFAULT; undefined if there is none. */
  readonly default: string | undefined;
}

/** An index over columns as they are. */
export interface PlainIndex {
  readonly isUnique: boolean;
  readonly columns: readonly string[];
  /** Whether it covers some rows only. */
  readonly isPartial: boolean;
}

/** What a plain column has no use for: each of these computes, compares or refuses values in a way of its own. */
const NOT_PLAIN = new Set(
  "always as autoincrement check collate conflict constraint deferrable foreign generated on references stored unique virtual".split(
    " ",
  ),
);

/**
 * The columns of a CREATE TABLE statement that does nothing but name them: no checks, computed columns, collations,
 * keys but the row id, options or defaults but literals. Undefined for any other statement.
 */
export function readPlainTable(sql: string): PlainColumn[] | undefined {
  const tokens = splitSql(sql);
  if (tokens === undefined) return undefined;
  const cursor = new Cursor(tokens);
  if (!cursor.takeWords("create", "table")) return undefined;
  cursor.takeWords("if", "not", "exists");
  if (cursor.takeName() === undefined || !cursor.takeMark("(")) return undefined;
  const columns: PlainColumn[] = [];
  do {
    const column = readColumn(cursor);
    if (column === undefined) return undefined;
    columns.push(column);
  } while (cursor.takeMark(","));
  return cursor.takeMark(")") && cursor.isAtEnd ? columns : undefined;
}

/** What a CREATE INDEX statement without expressions, collations and calls covers. Undefined for any other statement. */
export function readPlainIndex(sql: string): PlainIndex | undefined {
  const tokens = splitSql(sql);
  if (tokens === undefined) return undefined;
  const cursor = new Cursor(tokens);
  if (!cursor.takeWords("create")) return undefined;
  const isUnique = cursor.takeWords("unique");
  if (!cursor.takeWords("index")) return undefined;
  cursor.takeWords("if", "not", "exists");
  if (cursor.takeName() === undefined || !cursor.takeWords("on")) return undefined;
  if (cursor.takeName() === undefined || !cursor.takeMark("(")) return undefined;
  const columns: string[] = [];
  do {
    const column = cursor.takeName();
    if (column === undefined) return undefined;
    columns.push(column);
    if (!cursor.takeWords("asc")) cursor.takeWords("desc");
  } while (cursor.takeMark(","));
  if (!cursor.takeMark(")")) return undefined;
  const isPartial = cursor.takeWords("where");
  // Without brackets there are no calls, and without operators little else.
  if (isPartial && cursor.rest().some(({ kind, value }) => kind === "mark" && value !== "="))
    return undefined;
  return isPartial || cursor.isAtEnd ? { isUnique, columns, isPartial } : undefined;
}

function readColumn(cursor: Cursor): PlainColumn | undefined {
  const name = cursor.takeName();
  if (name === undefined || NOT_PLAIN.has(name)) return undefined;
  const type = readType(cursor);
  let isRowId = false;
  let literal: string | undefined;
  for (;;) {
    if (cursor.takeWords("primary", "key")) isRowId = true;
    else if (cursor.takeWords("not", "null") || cursor.takeWords("null")) continue;
    else if (cursor.takeWords("default")) {
      literal = cursor.takeLiteral();
      if (literal === undefined) return undefined;
    } else break;
  }
  // A key that is not a row id is an index, with rules of its own.
  return isRowId && type !== "integer" ? undefined : { name, type, isRowId, default: literal };
}

function readType(cursor: Cursor): string {
  const words: string[] = [];
  for (let word = cursor.takeType(); word !== undefined; word = cursor.takeType()) words.push(word);
  return words.join(" ");
}

/** Words that end a type. */
const CONSTRAINTS = new Set([...NOT_PLAIN, "default", "not", "null", "primary"]);

class Cursor {
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  rest(): readonly SqlToken[] {
    return this.#tokens.slice(this.#at);
  }

  /** Whether these words stand here; then they are taken. */
  takeWords(...words: string[]): boolean {
    const found = words.every((word, offset) => {
      const token = this.#tokens[this.#at + offset];
      return token?.kind === "word" && token.value === word;
    });
    if (found) this.#at += words.length;
    return found;
  }

  takeMark(mark: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "mark" || token.value !== mark) return false;
    this.#at += 1;
    return true;
  }

  takeName(): string | undefined {
    return this.#take(({ kind }) => kind === "word" || kind === "name");
  }

  takeType(): string | undefined {
    return this.#take(({ kind, value }) => kind === "word" && !CONSTRAINTS.has(value));
  }

  takeLiteral(): string | undefined {
    return this.#take(
      ({ kind, value }) => kind === "text" || kind === "number" || (kind === "word" && value === "null"),
    );
  }

  #take(fits: (token: SqlToken) => boolean): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !fits(token)) return undefined;
    this.#at += 1;
    return token.value;
  }
}
