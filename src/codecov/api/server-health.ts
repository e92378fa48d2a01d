import { statusLine } from "#http/http-error.ts";
import { API_PATH } from "./api-address.ts";
import type { Requests } from "./request.ts";

/** What a server says of itself. */
export interface Health {
  /** For example `26.7.6`; undefined where the server does not tell, as some edge servers do not. */
  readonly version: string | undefined;
  /** What it returned instead of 200, for example `404 Not Found`. */
  readonly problem: string | undefined;
  /** Its clock in epoch milliseconds, to the second; undefined if it does not tell. */
  readonly date: number | undefined;
}

/** `GET /health/` at the root of the server, which anyone may read. @throws BatonError what the network came to */
export async function readHealth(requests: Requests): Promise<Health> {
  const root = requests.target.apiPath.slice(0, -API_PATH.length);
  return await requests.send({ method: "GET", path: `${root}/health/` }, { attempts: 1 }, (response) => {
    const text = new TextDecoder().decode(response.body.subarray(0, 1_000));
    const date = Date.parse(response.headers["date"] ?? "");
    return {
      version: /\b(\d+\.\d+\.\d+)\b(?= is live)/.exec(text)?.[1],
      problem: response.status === 200 ? undefined : statusLine(response.status),
      date: Number.isNaN(date) ? undefined : date,
    };
  });
}
