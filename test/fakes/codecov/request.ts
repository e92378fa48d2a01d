import type { IncomingHttpHeaders } from "node:http";
import { decodePercent, parseQuery } from "./python.ts";

/** A request as the application behind the HTTP server sees it. */
export class ApiRequest {
  readonly method: string;
  /** The path, percent-decoded: routing comes after decoding. */
  readonly path: string;
  readonly rawQuery: string;
  readonly query: readonly [name: string, value: string][];
  readonly headers: IncomingHttpHeaders;
  /** Scheme and host as the server sees them, for links. */
  readonly origin: string;
  readonly body: Buffer;

  constructor(method: string, target: string, headers: IncomingHttpHeaders, scheme: string, body: Buffer) {
    const mark = target.indexOf("?");
    this.method = method;
    this.path = decodePercent(mark < 0 ? target : target.slice(0, mark));
    this.rawQuery = mark < 0 ? "" : target.slice(mark + 1);
    this.query = parseQuery(this.rawQuery);
    this.headers = headers;
    this.body = body;
    // Forwarded hosts are ignored; the forwarded scheme counts, because the peer is local.
    const forwarded = headers["x-forwarded-proto"] === "https" ? "https" : scheme;
    this.origin = `${forwarded}://${headers.host ?? ""}`;
  }

  /** A query parameter; of several with one name the last counts. */
  lastParameter(name: string): string | undefined {
    return this.query.findLast(([candidate]) => candidate === name)?.[1];
  }
}
