/** A piece of an SQL statement. */
export interface SqlToken {
  /** `word`: a keyword or a bare name, in lower case. `name`: a quoted name. `mark`: one character. */
  readonly kind: "word" | "name" | "text" | "number" | "mark";
  /** Without quotes; names in lower case, as SQLite compares them. */
  readonly value: string;
}

/** What comes between tokens: white space and comments. */
const SPACE = /(?:[ \t\r\n\f]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/y;
const TOKENS: readonly (readonly [kind: SqlToken["kind"], pattern: RegExp])[] = [
  // A letter before a quote makes something else of a text: x'00' is a blob.
  ["word", /[a-z_][a-z0-9_]*(?!['"\w$\u0080-\uffff])/iy],
  ["name", /"(?:[^"\0]|"")+"|`(?:[^`\0]|``)+`|\[[^\]\0]+\]/y],
  ["text", /'(?:[^'\0]|'')*'/y],
  ["number", /[+-]?\d+(?:\.\d+)?(?![\w.])/y],
  ["mark", /[(),=]/y],
];

/**
 * Splits a simple statement into its tokens. Undefined if there is anything in it that plain tables and indexes
 * have no use for: operators, function names with odd letters, blobs, parameters.
 */
export function splitSql(sql: string): SqlToken[] | undefined {
  const tokens: SqlToken[] = [];
  for (let at = skip(SPACE, sql, 0); at < sql.length; at = skip(SPACE, sql, at)) {
    const token = readToken(sql, at);
    if (token === undefined) return undefined;
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function readToken(sql: string, at: number): { token: SqlToken; end: number } | undefined {
  for (const [kind, pattern] of TOKENS) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(sql) ?? [];
    if (found !== undefined) return { token: { kind, value: toValue(kind, found) }, end: at + found.length };
  }
  return undefined;
}

function toValue(kind: SqlToken["kind"], found: string): string {
  if (kind === "word") return found.toLowerCase();
  if (kind === "name") return unquote(found).toLowerCase();
  return kind === "text" ? unquote(found) : found;
}

function unquote(found: string): string {
  const quote = found.at(-1) ?? "";
  return found.slice(1, -1).replaceAll(quote + quote, quote);
}

function skip(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(sql)?.[0].length ?? 0);
}
