import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/**
 * A request as a route of a {@link FakeUpstream} gets it.
 *
 * @example
 * const listUsers = ({ query }: UpstreamRequest) => ({ users: users.slice(Number(query.get("offset") ?? 0)) });
 */
export interface UpstreamRequest {
  readonly method: string;
  /** Still encoded, without the query. */
  readonly path: string;
  /** The parts of the path that the route names with a colon, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded JSON; undefined without a body. */
  readonly body: unknown;
}

/**
 * A response other than JSON with the status 200, as {@link reply} makes it.
 *
 * @example
 * const busy: UpstreamReply = { status: 429, headers: { "retry-after": "2" } };
 * const route = () => reply(busy.status, busy.body, busy.headers);
 */
export interface UpstreamReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a string. */
  readonly body?: unknown;
}

/** What `reply` made, as opposed to a value that is the body itself. */
class Reply {
  readonly reply: UpstreamReply;

  constructor(given: UpstreamReply) {
    this.reply = given;
  }
}

/**
 * For routes that respond with another status than 200, or with headers.
 *
 * @example
 * const route = () => reply(409, { error: "is a member already" });
 */
export function reply(
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): unknown {
  return new Reply({ status, body, headers });
}

/**
 * Gives the JSON of the response, what {@link reply} makes, or undefined for 204.
 *
 * @example
 * const getUser: Route = ({ params }) => users.find(({ id }) => id === params["user"]) ?? reply(404);
 */
export type Route = (request: UpstreamRequest) => unknown;

/**
 * What can happen instead of a response: an HTTP status, or
 * - `reset`: the connection ends before a response;
 * - `truncated`: it ends in the middle of one;
 * - `html`: 200 with a page of a proxy;
 * - `empty-object`: 200 with `{}`.
 *
 * @example
 * const faults: readonly Fault[] = [503, "truncated"];
 * for (const fault of faults) upstream.fail(fault);
 */
export type Fault = number | "reset" | "truncated" | "html" | "empty-object";

/**
 * When a fault happens.
 *
 * @example
 * const secondPage: FaultOptions = { route: "GET /users", after: 1 };
 * upstream.fail("reset", secondPage);
 */
export interface FaultOptions {
  /** How many requests it spoils; 1 by default. */
  readonly times?: number;
  /** How many requests are served well before that; 0 by default. */
  readonly after?: number;
  /** Only requests to this route count, as it is written in the routes. */
  readonly route?: string;
  /** Headers of a status, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What a fake upstream expects of its requests.
 *
 * @example
 * await using upstream = await startFakeUpstream(routes, { token: "secret" });
 */
export interface FakeUpstreamOptions {
  /** Requests without `Authorization: Bearer <token>` get 401; any will do by default. */
  readonly token?: string;
}

interface PlannedFault extends Required<Omit<FaultOptions, "route">> {
  readonly fault: Fault;
  readonly route: string | undefined;
}

/**
 * The API of an upstream system in this process: routes that respond, a record of the requests, and faults. Made by
 * {@link startFakeUpstream}.
 *
 * @example
 * upstream.reset();
 * await host.revoke("team:blue:member:user:7");
 * expect(upstream.requests.map(({ method }) => method)).toEqual(["DELETE"]);
 */
export class FakeUpstream implements AsyncDisposable {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Every request so far, those that a fault spoiled as well. */
  readonly requests: UpstreamRequest[] = [];
  readonly #server: Server;
  readonly #routes: readonly CompiledRoute[];
  readonly #token: string | undefined;
  #faults: PlannedFault[] = [];

  /** Use {@link startFakeUpstream}. */
  constructor(
    server: Server,
    url: string,
    routes: Readonly<Record<string, Route>>,
    token: string | undefined,
  ) {
    this.#server = server;
    this.url = url;
    this.#routes = Object.entries(routes).map(([name, route]) => compile(name, route));
    this.#token = token;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  /**
   * Plans a fault. Several are taken in the order in which they were planned.
   *
   * @example
   * upstream.fail(429, { headers: { "retry-after": "2" } });
   * upstream.fail("reset", { route: "GET /users", after: 1 });
   */
  fail(fault: Fault, { times = 1, after = 0, route, headers = {} }: FaultOptions = {}): void {
    this.#faults.push({ fault, times, after, route, headers });
  }

  /** Forgets planned faults and recorded requests. */
  reset(): void {
    this.#faults = [];
    this.requests.length = 0;
  }

  /** Closes the server with all its connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { request, route } = await this.#read(incoming);
      this.requests.push(request);
      const planned = this.#takeFault(route?.name);
      if (planned !== undefined) {
        spoil(planned, response);
      } else if (this.#token !== undefined && request.headers["authorization"] !== `Bearer ${this.#token}`) {
        send(response, { status: 401, body: { error: "a valid token is needed" } });
      } else if (route === undefined) {
        send(response, { status: 404, body: { error: `there is no ${request.method} ${request.path}` } });
      } else {
        const given = await route.run(request);
        send(
          response,
          given instanceof Reply ? given.reply : { status: given === undefined ? 204 : 200, body: given },
        );
      }
    } catch (error) {
      // A mistake of the test itself: the connector sees a broken upstream, the test's output says why.
      send(response, { status: 500, body: { error: `the fake upstream failed: ${String(error)}` } });
    }
  }

  async #read(
    incoming: IncomingMessage,
  ): Promise<{ readonly request: UpstreamRequest; readonly route: CompiledRoute | undefined }> {
    const url = new URL(incoming.url ?? "/", this.url);
    const method = incoming.method ?? "GET";
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
    const found = this.#routes.flatMap((route) => route.match(method, url.pathname) ?? []).at(0);
    const request: UpstreamRequest = {
      method,
      path: url.pathname,
      params: found?.params ?? {},
      query: url.searchParams,
      headers: Object.fromEntries(headers),
      body: text === "" ? undefined : JSON.parse(text),
    };
    return { request, route: found?.route };
  }

  /** The fault for this request, if one is due. */
  #takeFault(route: string | undefined): PlannedFault | undefined {
    const index = this.#faults.findIndex((planned) => planned.route === undefined || planned.route === route);
    const planned = this.#faults[index];
    if (planned === undefined) return undefined;
    if (planned.after > 0) {
      this.#faults[index] = { ...planned, after: planned.after - 1 };
      return undefined;
    }
    this.#faults.splice(index, 1, ...(planned.times > 1 ? [{ ...planned, times: planned.times - 1 }] : []));
    return planned;
  }
}

/**
 * Starts an upstream on a free port of this machine.
 *
 * @param routes by method and path, where `:name` stands for one part of the path; the first that fits is taken, and
 *   a path without a route gets 404
 * @example
 * await using upstream = await startFakeUpstream({
 *   "GET /users": ({ query }) => ({ users: everybody.slice(Number(query.get("offset") ?? 0)) }),
 *   "PUT /teams/:team/members/:user": ({ params }) => void members.add(`${params["team"]}/${params["user"]}`),
 * });
 */
export async function startFakeUpstream(
  routes: Readonly<Record<string, Route>>,
  { token }: FakeUpstreamOptions = {},
): Promise<FakeUpstream> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return new FakeUpstream(server, `http://127.0.0.1:${address.port}`, routes, token);
}

interface CompiledRoute {
  readonly name: string;
  readonly run: Route;
  match(
    method: string,
    path: string,
  ): { readonly route: CompiledRoute; readonly params: Record<string, string> } | undefined;
}

function compile(name: string, run: Route): CompiledRoute {
  const [wanted, pattern, ...rest] = name.split(" ");
  if (wanted === undefined || pattern === undefined || rest.length > 0 || !pattern.startsWith("/")) {
    throw new Error(`a route is a method and a path, for example "GET /users", not "${name}"`);
  }
  const parts = pattern.split("/");
  const route: CompiledRoute = {
    name,
    run,
    match(method, path) {
      const given = path.split("/");
      if (method !== wanted || given.length !== parts.length) return undefined;
      const params: Record<string, string> = {};
      for (const [index, part] of parts.entries()) {
        const value = given[index] ?? "";
        if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(value);
        else if (part !== value) return undefined;
      }
      return { route, params };
    },
  };
  return route;
}

function send(response: ServerResponse, { status, headers = {}, body }: UpstreamReply): void {
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  response.writeHead(status, { ...(text === "" ? {} : { "content-type": type }), ...headers }).end(text);
}

function spoil({ fault, headers }: PlannedFault, response: ServerResponse): void {
  if (typeof fault === "number") {
    send(response, { status: fault, headers, body: { error: "a planned fault" } });
    return;
  }
  switch (fault) {
    case "reset":
      response.destroy();
      return;
    case "truncated":
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      // The beginning has to be on its way before the connection ends.
      response.write("{", () => response.destroy());
      return;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Please sign in</html>");
      return;
    case "empty-object":
      send(response, { status: 200, body: {} });
      return;
    default:
      fault satisfies never;
  }
}
