import { BatonError, Code } from "#kernel/errors.ts";

/** What a path or a query can contain. */
export type PathValue = string | number | bigint | boolean;

/** Parameters of a query by name; those that are undefined are left out. */
export type QueryValues = Readonly<Record<string, PathValue | undefined>>;

/**
 * Path and query of a request below the base URL, with all values encoded. Made by {@link path} only.
 *
 * @example
 * const admins: ApiPath = path`/users`.withQuery({ role: "admin" });
 */
export class ApiPath {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** For example `/teams/a%2Fb/members?role=admin`. */
  toString(): string {
    return this.#text;
  }

  /** The same path with more parameters in its query. */
  withQuery(values: QueryValues): ApiPath {
    const pairs = Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encode(value)}`],
    );
    if (pairs.length === 0) return this;
    return new ApiPath(`${this.#text}${this.#text.includes("?") ? "&" : "?"}${pairs.join("&")}`);
  }
}

/**
 * A path below the base URL: path`/teams/${id}/members`. Each value stays within its place whatever it holds: a slash,
 * a question mark or a percent sign is encoded.
 *
 * @throws BatonError InvalidArgument for a value that would lead elsewhere all the same: an empty one, or one that
 * makes a part of the path `.` or `..`, which servers leave out.
 *
 * @example
 * await acme.delete(path`/teams/${team.id}/members/${user.id}`, ctx);
 */
export function path(texts: TemplateStringsArray, ...values: readonly PathValue[]): ApiPath {
  let written = texts[0] ?? "";
  if (!written.startsWith("/"))
    throw new BatonError(Code.Internal, `the path "${written}" must begin with a slash`);
  values.forEach((value, index) => {
    if (value === "" && !written.includes("?")) throw unusable("an empty value");
    written += encode(value) + (texts[index + 1] ?? "");
  });
  const [route = ""] = written.split("?", 1);
  for (const segment of route.split("/")) {
    if (segment === "." || segment === "..") throw unusable(`"${segment}"`);
  }
  return new ApiPath(written);
}

function encode(value: PathValue): string {
  const text = String(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw unusable(text);
  if (!text.isWellFormed()) throw unusable("an unpaired surrogate");
  return encodeURIComponent(text);
}

function unusable(what: string): BatonError {
  return new BatonError(Code.InvalidArgument, `${what} cannot be part of a request path`);
}
