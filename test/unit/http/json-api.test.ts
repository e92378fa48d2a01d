import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import { z } from "zod";
import type { Credentials } from "#http/credentials.ts";
import { JsonApi, type JsonApiOptions } from "#http/json-api.ts";
import { cursor, linkHeader, offset, onePage, type Pager, pageNumber, type RowPage } from "#http/paging.ts";
import { path } from "#http/path.ts";
import { Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import { SecretSource } from "#kernel/secret-source.ts";
import { failureOf } from "../../fakes/failure.ts";
import { context, serve } from "./support.ts";

const SETTING = "--acme-base-url";

function makeApi(baseUrl: string, options: Partial<JsonApiOptions> = {}): JsonApi {
  const api = new JsonApi({
    upstream: "Acme",
    baseUrl,
    baseUrlOptions: { setting: SETTING, allowHttpSetting: "--acme-allow-http" },
    userAgent: "baton-acme",
    allowWrites: false,
    httpTimeoutMs: 5_000,
    redact: (text) => text,
    environment: {},
    ...options,
  });
  onTestFinished(async () => api.close());
  return api;
}

/** A server whose responses come from a list, the last one again and again; notes what it is asked. */
async function serveInTurn(
  ...responses: { status?: number; headers?: Record<string, string>; body?: unknown }[]
) {
  const asked: IncomingMessage[] = [];
  const origin = await serve((request, response) => {
    const next = responses[Math.min(asked.length, responses.length - 1)] ?? {};
    asked.push(request);
    response.writeHead(next.status ?? 200, next.headers).end(JSON.stringify(next.body ?? {}));
  });
  return { origin, asked, lines: () => asked.map(({ method, url }) => `${method} ${url}`) };
}

const User = z.object({ id: z.string() });

describe("the base URL", () => {
  it.each(["", "/", "/api/v2", "/api/v2///"])("may end with %j", async (end) => {
    const { origin, lines } = await serveInTurn({ body: { id: "1" } });
    const api = makeApi(origin + end);
    expect(await api.get(path`/me`, User, context)).toEqual({ id: "1" });
    expect(lines()).toEqual([`GET ${end.replace(/\/+$/, "")}/me`]);
    expect(api.address).toBe(origin + end.replace(/\/+$/, ""));
  });

  it.each([
    ["http://acme.example", "--acme-allow-http"],
    ["ftp://acme.example", "https://"],
    ["acme", "must be a URL"],
    ["https://jdoe:hunter2@acme.example", "user name"],
    ["https://acme.example?token=hunter2", "query"],
  ])("%s is refused, with the setting and without the text", (text, reason) => {
    const make = () => makeApi(text);
    expect(make).toThrow(expect.objectContaining({ code: Code.InvalidArgument, kind: "configuration" }));
    expect(make).toThrow(SETTING);
    expect(make).toThrow(reason);
    expect(make).not.toThrow("hunter2");
  });

  it("may be http:// where that is accepted", () => {
    expect(
      makeApi("http://acme.example", { baseUrlOptions: { setting: SETTING, allowHttp: true } }).address,
    ).toBe("http://acme.example");
  });
});

describe("credentials", () => {
  const secret = new Secret("s3cret");
  it.each<[string, Credentials, string, string]>([
    ["bearer", { bearer: secret }, "authorization", "Bearer s3cret"],
    ["basic", { basic: { user: "jdoe", password: secret } }, "authorization", "Basic amRvZTpzM2NyZXQ="],
    ["a header", { headers: { "X-Api-Key": secret } }, "x-api-key", "s3cret"],
  ])("are sent as %s", async (_, credentials, header, value) => {
    const { origin, asked } = await serveInTurn({ body: { id: "1" } });
    await makeApi(origin, { credentials }).get(path`/me`, User, context);
    expect(asked[0]?.headers[header]).toBe(value);
  });

  it.each<[string, (source: SecretSource) => Credentials, (value: string) => string]>([
    ["bearer", (bearer) => ({ bearer }), (value) => `Bearer ${value}`],
    [
      "basic",
      (password) => ({ basic: { user: "", password } }),
      (value) => `Basic ${Buffer.from(`:${value}`).toString("base64")}`,
    ],
    ["a header", (key) => ({ headers: { authorization: key } }), (value) => value],
  ])("as %s are read again from their file when they are refused", async (_, make, expected) => {
    const directory = await mkdtemp(join(tmpdir(), "baton-json-api-"));
    onTestFinished(async () => rm(directory, { recursive: true }));
    const file = join(directory, "token");
    await writeFile(file, "first\n");
    const registered: string[] = [];
    const source = new SecretSource(
      { file },
      {
        setting: "--acme-token",
        fileSetting: "--acme-token-file",
        what: "an API token",
        register: (read) => registered.push(read.reveal()),
      },
    );
    const seen: (string | undefined)[] = [];
    const origin = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const isNew = request.headers.authorization === expected("second");
      response.writeHead(isNew ? 200 : 401).end('{"id":"1"}');
    });
    const api = makeApi(origin, { credentials: make(source) });
    const refused = await failureOf(api.get(path`/me`, User, context));
    expect(refused).toMatchObject({ code: Code.Unauthenticated, kind: "credential" });
    await writeFile(file, "second\n");
    const [one, other] = await Promise.all([
      api.get(path`/me`, User, context),
      api.get(path`/me`, User, context),
    ]);
    expect([one, other]).toEqual([{ id: "1" }, { id: "1" }]);
    expect(seen.slice(0, 2)).toEqual([expected("first"), expected("first")]);
    expect(seen.at(-1)).toBe(expected("second"));
    expect(registered).toContain("second");
  });

  it.each(["", " \n", "two words"])(
    "that cannot be sent (%j) name their setting and not themselves",
    async (value) => {
      const bearer = new SecretSource(
        { value: new Secret(value) },
        { setting: "--acme-token", fileSetting: "--acme-token-file", what: "an API token" },
      );
      const error = await failureOf(
        makeApi("https://acme.invalid", { credentials: { bearer } }).get(path`/`, User, context),
      );
      expect(error.code).toBe(Code.InvalidArgument);
      expect(error.message).toContain("--acme-token ");
      expect(error.message).not.toContain("two words");
    },
  );
});

describe("a path", () => {
  it.each([
    ["a/b", "/teams/a%2Fb/members"],
    ["../x", "/teams/..%2Fx/members"],
    ["a?b#c", "/teams/a%3Fb%23c/members"],
    ["%2e%2e", "/teams/%252e%252e/members"],
    ["zürich\r\n", "/teams/z%C3%BCrich%0D%0A/members"],
  ])("keeps %j within its place", async (id, expected) => {
    const { origin, lines } = await serveInTurn({ body: { id: "1" } });
    await makeApi(origin).get(path`/teams/${id}/members`, User, context);
    expect(lines()).toEqual([`GET ${expected}`]);
  });

  it.each(["..", ".", "", "\ud800"])("refuses %j, which would lead elsewhere", (id) => {
    expect(() => path`/teams/${id}/members`).toThrow(expect.objectContaining({ code: Code.InvalidArgument }));
  });

  it("keeps any id within its place, or refuses it", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("..", ".", "%2e%2e", "..\\x", "")),
        (id) => {
          let written: string;
          try {
            written = String(path`/teams/${id}/members`);
          } catch (error) {
            expect(["", ".", ".."].includes(id) || !id.isWellFormed()).toBe(true);
            expect(error).toMatchObject({ code: Code.InvalidArgument });
            return;
          }
          const { pathname, search, hash } = new URL(written, "https://acme.example");
          expect(pathname.split("/").map(decodeURIComponent)).toEqual(["", "teams", id, "members"]);
          expect(search + hash).toBe("");
        },
      ),
    );
  });

  it("encodes what stands in its query, where anything may stand", () => {
    expect(String(path`/users?q=${"a&b=.."}&empty=${""}`)).toBe("/users?q=a%26b%3D..&empty=");
    expect(String(path`/users?q=${1}`.withQuery({ page: 2, none: undefined, "a b": true }))).toBe(
      "/users?q=1&page=2&a%20b=true",
    );
  });

  it("is not a text", async () => {
    const api = makeApi("https://acme.invalid");
    const wrong = async (id: string) => {
      // @ts-expect-error a text whose ids nobody has encoded
      await api.get(`/teams/${id}`, User, context);
    };
    expect(wrong).toBeTypeOf("function");
  });
});

describe("a response", () => {
  it.each([
    [401, Code.Unauthenticated],
    [403, Code.PermissionDenied],
    [404, Code.NotFound],
    [409, Code.AlreadyExists],
    [422, Code.InvalidArgument],
    [501, Code.Unimplemented],
  ])("with status %i has a code of its own", async (status, code) => {
    const { origin, asked } = await serveInTurn({ status });
    expect((await failureOf(makeApi(origin).get(path`/me`, User, context))).code).toBe(code);
    expect(asked).toHaveLength(1);
  });

  it("of another shape names the place and what to check", async () => {
    const { origin } = await serveInTurn({ body: { users: [{ id: "1" }, { id: 2 }] } });
    const error = await failureOf(
      makeApi(origin).page(path`/users`, User, { pageSize: 0, pageToken: "" }, onePage(), context),
    );
    expect(error).toMatchObject({ code: Code.FailedPrecondition, kind: "configuration" });
    expect(error.message).toContain("users.1.id");
    expect(error.message).toContain(SETTING);
  });

  it("can be the headers alone", async () => {
    const { origin, lines } = await serveInTurn({ headers: { "x-count": "7" } }, { status: 404 });
    const api = makeApi(origin);
    expect(await api.head(path`/users`, context)).toMatchObject({ "x-count": "7" });
    expect((await failureOf(api.head(path`/users`, context))).code).toBe(Code.NotFound);
    expect(lines()).toEqual(["HEAD /users", "HEAD /users"]);
  });

  it("of 404 is nothing found, where that is asked for", async () => {
    const { origin } = await serveInTurn({ status: 404 }, { body: { id: "1" } });
    const api = makeApi(origin);
    expect(await api.find(path`/users/1`, User, context)).toBeUndefined();
    expect(await api.find(path`/users/1`, User, context)).toEqual({ id: "1" });
  });
});

describe("repetition", () => {
  const busy = { status: 503, headers: { "retry-after": "0" } };

  it.each(["get", "put", "delete"] as const)("is right for %s", async (method) => {
    const { origin, asked } = await serveInTurn(busy, { body: { id: "1" } });
    const api = makeApi(origin, { allowWrites: true });
    if (method === "get") await api.get(path`/`, User, context);
    else await api[method](path`/`, context);
    expect(asked).toHaveLength(2);
  });

  it.each(["post", "patch"] as const)(
    "of %s is right only if it was certainly not carried out",
    async (method) => {
      const { origin, asked } = await serveInTurn(busy, { status: 429, headers: { "retry-after": "0" } }, {});
      const api = makeApi(origin, { allowWrites: true });
      expect((await failureOf(api[method](path`/`, context))).code).toBe(Code.Unavailable);
      expect(asked).toHaveLength(1);
      await api[method](path`/`, context);
      expect(asked).toHaveLength(3);
    },
  );

  it("shares one budget for waiting within a call", async () => {
    const { origin, asked } = await serveInTurn({ status: 429, headers: { "retry-after": "20" } });
    let waited = 0;
    const clock = {
      ...context.clock,
      async sleep(ms: number) {
        waited += ms;
      },
    };
    const api = makeApi(origin);
    const error = await failureOf(api.get(path`/`, User, { ...context, clock }));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.rateLimit?.remaining).toBe(0);
    expect(waited).toBeLessThan(30_000);
    expect(asked).toHaveLength(2);
  });
});

describe("a change", () => {
  it("sends its body and gives what its schema says", async () => {
    let received = "";
    const listener: RequestListener = (request, response) => {
      request.on("data", (chunk: Buffer) => (received += chunk.toString()));
      request.on("end", () => response.end(`{"id":"${request.headers["content-type"]}"}`));
    };
    const api = makeApi(await serve(listener), { allowWrites: true });
    const created = await api.post(path`/users`, { body: { name: "Ada" }, schema: User }, context);
    expectTypeOf(created).toEqualTypeOf<{ id: string }>();
    expect(created).toEqual({ id: "application/json" });
    expect(received).toBe('{"name":"Ada"}');
    const nothing = await api.put(path`/users`, context);
    expectTypeOf(nothing).toEqualTypeOf<undefined>();
    expect(nothing).toBeUndefined();
    // @ts-expect-error a mistyped option
    await api.put(path`/users`, { bodi: {} }, context);
  });

  it("that is made already says so", async () => {
    const { origin } = await serveInTurn({ status: 409 }, {}, { status: 404 });
    const api = makeApi(origin, { allowWrites: true });
    const first = await api.put(path`/`, { already: [409] }, context);
    expectTypeOf(first).toEqualTypeOf<"already" | undefined>();
    expect(first).toBe("already");
    expect(await api.put(path`/`, { already: [409] }, context)).toBeUndefined();
    expect((await failureOf(api.delete(path`/`, { already: [410] }, context))).code).toBe(Code.NotFound);
  });

  it.each(["post", "put", "patch", "delete"] as const)(
    "by %s does not leave the process without leave, unless it is declared a read",
    async (method) => {
      const { origin, asked } = await serveInTurn({});
      const api = makeApi(origin);
      expect((await failureOf(api[method](path`/`, context))).code).toBe(Code.FailedPrecondition);
      expect(asked).toHaveLength(0);
      await api[method](path`/`, { reads: true }, context);
      expect(asked).toHaveLength(1);
    },
  );
});

/** Lists all pages, each with a client of its own: tokens outlive a process. */
async function drain(
  origin: string,
  pager: () => Pager,
  pageSizes: readonly number[] = [0],
): Promise<string[]> {
  const ids: string[] = [];
  let next = "";
  for (let turn = 0; turn < 50; turn += 1) {
    const query = { pageSize: pageSizes[turn % pageSizes.length] ?? 0, pageToken: next };
    const page: RowPage<{ id: string }> = await makeApi(`${origin}/api`).page(
      path`/users`,
      User,
      query,
      pager(),
      context,
    );
    ids.push(...page.rows.map(({ id }) => id));
    next = page.next;
    if (next === "") return ids;
  }
  throw new Error("the listing does not end");
}

describe("paging", () => {
  const ALL = Array.from({ length: 7 }, (_, index) => ({ id: String(index) }));
  const IDS = ALL.map(({ id }) => id);

  /** A server with seven users that gives three at most at a time. */
  async function serveUsers(
    respond: (rows: typeof ALL, from: number, query: URLSearchParams) => { body: unknown; link?: string },
    readFrom: (query: URLSearchParams, size: number) => number,
  ): Promise<string> {
    return await serve((request, response) => {
      const url = new URL(request.url ?? "", "http://acme.example");
      const size = Math.min(
        3,
        Number(url.searchParams.get("limit") ?? url.searchParams.get("per_page") ?? 3),
      );
      const from = readFrom(url.searchParams, size);
      const { body, link } = respond(ALL.slice(from, from + size), from + size, url.searchParams);
      response.writeHead(url.pathname === "/api/users" ? 200 : 404, link === undefined ? {} : { link });
      response.end(JSON.stringify(body));
    });
  }
  const byPage = (query: URLSearchParams, size: number) => (Number(query.get("page")) - 1) * size;
  const byOffset = (query: URLSearchParams) => Number(query.get("offset"));
  const byCursor = (query: URLSearchParams) => Number(query.get("cursor"));

  it.each<[string, () => Pager]>([
    ["until the first empty page", () => pageNumber()],
    ["while there is more", () => pageNumber({ more: "meta.more", rows: "users" })],
    ["for as many pages as there are", () => pageNumber({ pages: "meta.pages" })],
  ])("by number goes on %s", async (_, pager) => {
    const origin = await serveUsers((users, next) => {
      return { body: { users, meta: { more: next < ALL.length, pages: 3 } } };
    }, byPage);
    expect(await drain(origin, pager)).toEqual(IDS);
  });

  it("by number keeps the size of the first page, whatever the host asks for later", async () => {
    const origin = await serveUsers((users) => ({ body: users }), byPage);
    expect(await drain(origin, () => pageNumber(), [2, 1, 3])).toEqual(IDS);
  });

  it.each<[string, () => Pager]>([
    ["until the first empty page", () => offset()],
    ["up to the total", () => offset({ total: "total" })],
  ])("by offset goes on %s", async (_, pager) => {
    const origin = await serveUsers((users) => ({ body: { users, total: ALL.length } }), byOffset);
    expect(await drain(origin, pager, [3, 1, 2])).toEqual(IDS);
  });

  it("by offset fails if rows are missing from the total", async () => {
    const origin = await serveUsers((users) => ({ body: { users, total: 9 } }), byOffset);
    await expect(drain(origin, () => offset({ total: "total" }))).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    });
  });

  it.each<[string, (next: number) => unknown]>([
    ["null", (next) => (next < ALL.length ? String(next) : null)],
    ["empty", (next) => (next < ALL.length ? String(next) : "")],
    ["a number before", (next) => (next < ALL.length ? next : null)],
  ])("by cursor ends where it is %s", async (_, cursorOf) => {
    const origin = await serveUsers(
      (users, next) => ({ body: { users, meta: { next: cursorOf(next) } } }),
      byCursor,
    );
    expect(await drain(origin, () => cursor("meta.next"), [2, 0])).toEqual(IDS);
  });

  it("by cursor fails where the field is absent, unless that is declared", async () => {
    const origin = await serveUsers(
      (users, next) => ({ body: next < ALL.length ? { users, next: String(next) } : { users } }),
      byCursor,
    );
    await expect(drain(origin, () => cursor("next"))).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    });
    expect(await drain(origin, () => cursor("next", { optional: true }))).toEqual(IDS);
  });

  it.each<[string, (link: string) => { body?: string; link?: string }, () => Pager]>([
    ["in the body", (body) => ({ body }), () => cursor("next")],
    [
      "in the header",
      (link) => ({ link: `</x>; rel="prev", <${link}>; title="a, <b>"; rel="next last"` }),
      () => linkHeader(),
    ],
  ])("by links %s follows them on this server only", async (_, place, pager) => {
    let host = "";
    const respond = (users: typeof ALL, next: number) => {
      const { body, link } = place(`http://${host}/api/users?offset=${next}&per_page=2`);
      const isLast = next >= ALL.length;
      return {
        body: { users, next: isLast ? null : body },
        ...(isLast || link === undefined ? {} : { link }),
      };
    };
    const origin = await serveUsers(respond, byOffset);
    host = new URL(origin).host;
    expect(await drain(origin, pager)).toEqual(IDS);
    host = "evil.example";
    await expect(drain(origin, pager)).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  it("refuses tokens of others", async () => {
    for (const pageToken of ["x", "=", ">evil.example/", "=1x", "=-1"]) {
      const api = makeApi("https://acme.invalid");
      const asking = api.page(path`/`, User, { pageSize: 0, pageToken }, pageNumber(), context);
      expect((await failureOf(asking)).code).toBe(Code.InvalidArgument);
    }
  });

  it.each<[string, unknown, Pager]>([
    ["there is no list", { user: {} }, onePage()],
    ["there are two", { users: [], teams: [] }, onePage()],
    ["it is not where it should be", { users: [] }, onePage({ rows: "data.users" })],
  ])("fails rather than list nothing where %s", async (_, body, pager) => {
    const { origin } = await serveInTurn({ body });
    const asking = makeApi(origin).page(path`/`, User, { pageSize: 0, pageToken: "" }, pager, context);
    expect((await failureOf(asking)).code).toBe(Code.FailedPrecondition);
  });

  it("takes null for an empty list where it is named", async () => {
    const { origin } = await serveInTurn({ body: { users: null } });
    const page = { pageSize: 0, pageToken: "" };
    expect(await makeApi(origin).page(path`/`, User, page, onePage({ rows: "users" }), context)).toEqual({
      rows: [],
      next: "",
    });
  });
});

describe("headers", () => {
  it("are sent once, whatever the case of their names", async () => {
    const { origin, asked } = await serveInTurn({ body: { id: "1" } });
    const api = makeApi(origin, {
      allowWrites: true,
      credentials: { bearer: new Secret("token") },
      headers: { Accept: "application/vnd.acme+json", Authorization: "none" },
    });
    const headers = { "Content-Type": "application/merge-patch+json" };
    await api.patch(path`/users/1`, { body: {}, headers }, context);
    const sent = asked[0]?.rawHeaders.map((text) => text.toLowerCase()) ?? [];
    const valuesOf = (name: string) => sent.filter((_, index) => sent[index - 1] === name && index % 2 === 1);
    expect(valuesOf("accept")).toEqual(["application/vnd.acme+json"]);
    expect(valuesOf("content-type")).toEqual(["application/merge-patch+json"]);
    expect(valuesOf("authorization")).toEqual(["bearer token"]);
  });
});

it("takes 204 where a body is expected for a wrong response, which is not asked for again", async () => {
  const { origin, lines } = await serveInTurn({ status: 204 });
  const api = makeApi(origin, { allowWrites: true });
  const refused = { code: Code.FailedPrecondition };
  await expect(api.get(path`/me`, User, context)).rejects.toMatchObject(refused);
  await expect(api.post(path`/users`, { schema: User }, context)).rejects.toMatchObject(refused);
  expect(await api.post(path`/users`, context)).toBeUndefined();
  expect(lines()).toEqual(["GET /me", "POST /users", "POST /users"]);
});
