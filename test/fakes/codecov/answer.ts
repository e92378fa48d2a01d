/** What the server sends back. `body` may be empty. */
export interface Answer {
  readonly status: number;
  /** Lower-case names; `content-length` is added when sending. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The methods of a view, as its `Allow` header lists them. */
export const READ_ONLY = "GET, HEAD, OPTIONS";
export const READ_AND_PATCH = "GET, PATCH, HEAD, OPTIONS";

/**
 * A refusal by a view: thrown where it is noticed, turned into an answer at one place.
 * `body` is whatever the server puts there: the shapes differ.
 */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }

  static detail(status: number, detail: string): Refusal {
    return new Refusal(status, { detail });
  }
}

/** No such organization, no such person, or not a member: one text for all of them. */
export function notFound(): Refusal {
  return Refusal.detail(404, "No Owner matches the given query.");
}

/** A failed authentication; the only refusal that carries `WWW-Authenticate`. */
export class Unauthorized extends Refusal {
  constructor(detail: string) {
    super(401, { detail });
  }
}

/** The server stumbled over itself. */
export class ServerFailure extends Error {}

export function jsonBody(value: unknown): Buffer {
  const text = JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  return Buffer.from(text, "utf8");
}

/** An answer from outside any view: the router and the last line of defence. */
export function bareError(status: number, error: string): Answer {
  const headers = { "content-type": "application/json", vary: "Cookie, origin" };
  return { status, headers, body: jsonBody({ error }) };
}
