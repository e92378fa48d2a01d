import type { CodecovSimulator } from "../fakes/codecov/simulator.ts";

export interface CallOptions {
  readonly method?: string;
  /** The name of a token of the state; default `admin-token`. */
  readonly token?: string;
  /** Beside, or instead of, the `Authorization` of the token. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
}

export interface CallResult<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A row of the user list. */
export interface UserRow {
  readonly service: string;
  readonly username: string | null;
  readonly name: string | null;
  readonly activated: boolean;
  readonly is_admin: boolean;
  readonly email: string | null;
}

/** A page of the user list. */
export interface UserPage {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: readonly UserRow[];
  readonly total_pages: number;
}

/** Asks the simulator for JSON. `path` follows the address of the API, and starts with a slash. */
export async function callSimulator<T = UserPage>(
  { baseUrl, tokens }: Pick<CodecovSimulator, "baseUrl" | "tokens">,
  path: string,
  { method = "GET", token = "admin-token", headers = {}, body }: CallOptions = {},
): Promise<CallResult<T>> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${tokens[token]}`, ...headers },
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}
