import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Code } from "#kernel/errors.ts";
import { htmlErrorPage, rateLimited } from "../../fakes/codecov/faults.ts";
import { failureOf } from "../../fakes/failure.ts";
import { setUp } from "./support.ts";

const paths = (simulator: { readonly requests: readonly { readonly path: string }[] }) =>
  simulator.requests.map(({ path }) => path).toSorted();

describe("a validation", () => {
  it("takes two small requests, sent at the same time, when all is well", async () => {
    const { simulator, connector, ctx } = await setUp();
    await connector.validate(ctx);
    expect(paths(simulator)).toEqual([
      "/api/v2/github/?page_size=1000",
      "/api/v2/github/Acme/users/?page=1&page_size=1000&is_admin=true",
    ]);
    expect(connector.upstreamRequests?.()).toBe(2);
  });

  it.each([
    ["a plain member", "member-token"],
    ["an admin", "admin-token"],
  ])("accepts the token of %s", async (_, tokenName) => {
    const { connector, ctx } = await setUp({}, { tokenName });
    await expect(connector.validate(ctx)).resolves.toEqual({});
  });

  it.each([
    ["an admin", "yes", "alice", "admin-token"],
    ["a plain member", "no", undefined, "member-token"],
  ])("tells that the token belongs to %s, and what that means", async (_, admin, username, tokenName) => {
    const { connector, ctx, log } = await setUp({}, { tokenName });
    await connector.validate(ctx);
    const lines = log.filter(({ message }) => message.includes("owner of the API token"));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.level).toBe("info");
    expect(lines[0]?.fields).toMatchObject({ admin, meaning: expect.stringContaining("member list") });
    expect(lines[0]?.fields["username"]).toBe(username);
  });

  it("accepts an organization without admins, with three requests", async () => {
    const { simulator, connector, ctx, log } = await setUp();
    simulator.change({ op: "set-admins", org: "Acme", ownerids: [] });
    await connector.validate(ctx);
    expect(simulator.requests).toHaveLength(3);
    expect(log.at(-1)?.fields).toMatchObject({ admin: "no" });
  });

  it.each([
    ["Codecov cannot tell the token's accounts", { fault: htmlErrorPage(500) }],
    ["what answers there is no Codecov", { fault: htmlErrorPage(200) }],
    ["the connection breaks", { fault: { kind: "reset", at: "request" } }],
  ] as const)("says that the admin is unknown when %s", async (_, rule) => {
    const { simulator, connector, ctx, log } = await setUp();
    simulator.faults.add({ path: "/api/v2/github/\\?", ...rule });
    await connector.validate(ctx);
    expect(log.at(-1)).toMatchObject({ level: "info", fields: { admin: "unknown" } });
    expect(simulator.requests).toHaveLength(2);
  });
});

describe("a validation fails", () => {
  it.each([
    ["an unknown token", {}, { tokenName: "nobody" }, Code.Unauthenticated, "Invalid token.", 2],
    ["an expired token", {}, { tokenName: "expired-token" }, Code.Unauthenticated, "Invalid token.", 2],
    [
      "an unknown organization",
      {},
      { owner: "nobody-knows" },
      Code.NotFound,
      "knows no organization nobody-knows",
      3,
    ],
    [
      "an organization the owner of the token is not in",
      {},
      { tokenName: "outsider-token" },
      Code.PermissionDenied,
      "not a member",
      3,
    ],
    [
      "an account that was never synchronized",
      {},
      { tokenName: "null-orgs-token" },
      Code.PermissionDenied,
      "not a member",
      3,
    ],
    [
      "a token of another service",
      { state: "gitlab-sub" },
      { service: "gitlab", owner: "group", tokenName: "github-token" },
      Code.InvalidArgument,
      "another git service than gitlab",
      2,
    ],
    [
      "one's own account instead of an organization",
      {},
      { owner: "alice" },
      Code.Unimplemented,
      "alice on github can be read, but its member list is empty: it is a personal account",
      3,
    ],
  ] as const)("for %s", async (_, options, config, code, text, requests) => {
    const { simulator, connector, ctx } = await setUp(options, config);
    const error = await failureOf(connector.validate(ctx));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(simulator.requests).toHaveLength(requests);
  });

  it("for an address where there is another program", async () => {
    const { simulator, connector, ctx } = await setUp();
    simulator.faults.add({ times: null, fault: htmlErrorPage(404) });
    const error = await failureOf(connector.validate(ctx));
    expect(error).toMatchObject({ code: Code.FailedPrecondition, kind: "configuration" });
    expect(error.message).toContain("no Codecov API v2");
    expect(error.message).toContain("--codecov-base-url");
  });

  it("for a path that is not that of the API", async () => {
    const { simulator } = await setUp();
    const { connector, ctx } = await setUp({}, { baseUrl: `${simulator.url}/somewhere` });
    expect((await failureOf(connector.validate(ctx))).message).toContain(
      "/somewhere/api/v2/github/Acme/users/",
    );
  });

  it.each([
    ["plain HTTP to another machine", { baseUrl: "http://codecov.example" }, "--codecov-allow-http"],
    ["a slash in the name of a GitHub organization", { owner: "group/sub" }, "only GitLab"],
    ["a token with a blank in it", { tokenName: "two words" }, "--codecov-api-token"],
    [
      "a token file that is not there",
      { apiTokenFile: "/does/not/exist" },
      "/does/not/exist cannot be read: there is no such file or directory; check the path",
    ],
  ])("for %s, before anything is sent", async (_, config, text) => {
    const { simulator, connector, ctx } = await setUp({}, config);
    const error = await failureOf(connector.validate(ctx));
    expect(error).toMatchObject({ code: Code.InvalidArgument, kind: "configuration" });
    expect(error.message).toContain(text);
    expect(simulator.requests).toHaveLength(0);
  });
});

describe("a validation waits", () => {
  it("for a busy Codecov within its 15 seconds", async () => {
    const { simulator, connector, ctx, clock } = await setUp();
    const path = "is_admin";
    simulator.faults.add({ path, fault: rateLimited(10) }, { path, fault: { kind: "reset", at: "request" } });
    await connector.validate(ctx);
    expect(clock.sleeps.reduce((total, ms) => total + ms, 0)).toBeLessThanOrEqual(15_000);
    expect(simulator.requests).toHaveLength(4);
  });

  it("no longer than that, nor than its caller allows", async () => {
    const { simulator, connector, ctx, clock } = await setUp();
    simulator.faults.add({ times: null, fault: htmlErrorPage(503, { "retry-after": "16" }) });
    expect((await failureOf(connector.validate(ctx))).rateLimit?.resetAt).toBeGreaterThan(clock.now());
    expect(clock.sleeps).toEqual([]);
    clock.advance(20_000);
    simulator.faults.clear();
    simulator.faults.add({ path: "is_admin", fault: rateLimited(5) });
    expect((await failureOf(connector.validate({ ...ctx, maxWaitMs: 1_000 }))).code).toBe(Code.Unavailable);
  });
});

describe("a self-hosted Codecov", () => {
  it.each(["", "/", "/api/v2", "/api/v2/"])("is found at its address with %j at the end", async (ending) => {
    const { simulator } = await setUp({ selfHosted: true });
    const tokenName = simulator.tokens["admin-token"] ?? "";
    const { connector, ctx } = await setUp({}, { baseUrl: simulator.url + ending, tokenName });
    await connector.validate(ctx);
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("a GitLab subgroup", () => {
  it.each(["group/sub", "group:sub"])("is found as %s", async (owner) => {
    const { simulator, connector, ctx, listUsers } = await setUp(
      { state: "gitlab-sub" },
      { service: "gitlab", owner },
    );
    await connector.validate(ctx);
    expect(paths(simulator)[1]).toBe("/api/v2/gitlab/group:sub/users/?page=1&page_size=1000&is_admin=true");
    expect((await listUsers())[0]?.profile).toMatchObject({ owner: "group:sub" });
  });
});

describe("a token file", () => {
  it("is read again when Codecov refuses the token", async () => {
    const folder = await mkdtemp(join(tmpdir(), "baton-token-"));
    onTestFinished(async () => rm(folder, { recursive: true }));
    const file = join(folder, "token");
    await writeFile(file, "00000000-0000-4000-8000-000000000000\n");
    const { simulator, connector, ctx } = await setUp({}, { apiTokenFile: file });
    expect((await failureOf(connector.validate(ctx))).code).toBe(Code.Unauthenticated);
    expect(simulator.requests).toHaveLength(2);
    await writeFile(file, `${simulator.tokens["admin-token"]}\r\n`);
    await connector.validate(ctx);
    await connector.validate(ctx);
    const statuses = simulator.requests.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    // Of two requests at the same time, the second may find the token replaced already.
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(4);
  });
});
