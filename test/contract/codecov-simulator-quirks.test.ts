import { describe, expect, it, test } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { callSimulator, type UserRow } from "./simulator-client.ts";

// Facts observed on Codecov 26.7.6 that no recorded exchange holds.

describe("numbers follow the rules of Python", () => {
  it.each([
    ["page_size=1_0", 10],
    ["page_size=%2B5", 5],
    ["page_size=007", 7],
    ["page_size=%EF%BC%93", 3],
    ["page_size=1__0", 20],
    ["page_size=0x10", 20],
    ["page_size=99999999999999999999", 52],
  ])("%s gives %d rows", async (query, rows) => {
    await using simulator = await startCodecovSimulator();
    const { body } = await callSimulator(simulator, `/github/acme/users/?${query}`);
    expect(body.results.length).toBe(rows);
  });

  it.each(["1_005", "001005", "%201005", "%EF%BC%91005"])(
    "users/%s is the person with the id 1005",
    async (text) => {
      await using simulator = await startCodecovSimulator();
      const { body } = await callSimulator<UserRow>(simulator, `/github/acme/users/${text}`);
      expect(body.username).toBe("carol-ops");
    },
  );
});

describe("search", () => {
  it.each([
    ["alice,admin", ["alice"]],
    ["admin peggy", ["peggy"]],
    ['"Alice Admin"', ["alice"]],
    ["'Alice Admin'", ["alice"]],
    ['"Admin Alice"', []],
    ['"Alice Admin', []],
    [",,zoe,,", ["zoe"]],
  ])("%s finds %j", async (search, usernames) => {
    await using simulator = await startCodecovSimulator();
    const { body } = await callSimulator(
      simulator,
      `/github/acme/users/?search=${encodeURIComponent(search)}`,
    );
    expect(body.results.map(({ username }) => username)).toEqual(usernames);
  });

  it("for a lone quote finds everybody who has any text", async () => {
    await using simulator = await startCodecovSimulator();
    const { body } = await callSimulator(simulator, "/github/acme/users/?search=%22&page_size=100");
    expect(body.count).toBe(51);
  });
});

describe("seat changes", () => {
  const target = "/github/roomy/users/dan";

  it.each(["", "other=1", "activated=off"])("a form body %j takes the seat", async (form) => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await callSimulator<UserRow>(simulator, target, { method: "PATCH", headers, body: form });
    expect([answer.status, answer.body.activated]).toEqual([200, false]);
  });

  it("a multipart body without the field takes the seat", async () => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    const form = new FormData();
    form.append("other", "1");
    const answer = await callSimulator<UserRow>(simulator, target, { method: "PATCH", body: form });
    expect([answer.status, answer.body.activated]).toEqual([200, false]);
  });

  const multipart = { "content-type": "multipart/form-data; boundary=b" };

  it.each(["", "--b--\r\n", "--b\r\n--b--\r\n", "no part at all"])(
    "an empty multipart body %j takes the seat",
    async (body) => {
      await using simulator = await startCodecovSimulator({ state: "free-seats" });
      const options = { method: "PATCH", headers: multipart, body };
      const answer = await callSimulator<UserRow>(simulator, target, options);
      expect([answer.status, answer.body.activated]).toEqual([200, false]);
      const roomy = simulator.state.findOwner("github", "roomy")?.ownerid ?? 0;
      expect(simulator.state.organization(roomy).row.seats?.size()).toBe(3);
    },
  );

  it.each([
    ["true", 200],
    ["perhaps", 400],
  ])("a multipart body with %j gives %d", async (value, status) => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    const form = new FormData();
    form.append("activated", "off");
    form.append("activated", value);
    const answer = await callSimulator<UserRow>(simulator, target, { method: "PATCH", body: form });
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.body.activated).toBe(true);
  });

  it("fails for a multipart body whose boundary is not told", async () => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    const headers = { "content-type": "multipart/form-data" };
    const answer = await callSimulator(simulator, target, { method: "PATCH", headers, body: "--b--" });
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: "Multipart form parse error - Invalid boundary in multipart: None" },
    });
  });

  it.each([
    ["true", true],
    ["Yes", true],
    ["1", true],
    ["off", false],
    [1, true],
    [0, false],
  ])("accepts %j", async (value, activated) => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    const answer = await callSimulator<UserRow>(simulator, target, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ activated: value }),
    });
    expect([answer.status, answer.body.activated]).toEqual([200, activated]);
  });

  it("fail without a number of paid seats", async () => {
    await using simulator = await startCodecovSimulator({ state: "no-seat-count" });
    const headers = { "content-type": "application/json" };
    const options = { method: "PATCH", headers, body: '{"activated":true}' };
    expect((await callSimulator(simulator, "/github/countless/users/bob", options)).status).toBe(500);
  });

  it("give a student a seat in a full organization, which then counts for nobody else", async () => {
    await using simulator = await startCodecovSimulator({ state: "full-5" });
    const headers = { "content-type": "application/json" };
    const options = { method: "PATCH", headers, body: '{"activated":true}' };
    const answer = await callSimulator(simulator, "/github/full-org/users/stu-waiting", options);
    expect(answer).toMatchObject({ status: 200, body: { activated: true } });
  });
});

describe("credentials", () => {
  it.each([
    ["Basic dXNlcjpwYXNz", 500],
    ["Basic ???", 401],
  ])("%s gives %d", async (authorization, status) => {
    await using simulator = await startCodecovSimulator();
    const answer = await callSimulator(simulator, "/github/acme/users/", { headers: { authorization } });
    expect(answer.status).toBe(status);
  });

  it.each([
    ["Basic", "Invalid basic header. No credentials provided."],
    ["basic a b", "Invalid basic header. Credentials string should not contain spaces."],
  ])("%s gives 401 with its own reason", async (authorization, detail) => {
    await using simulator = await startCodecovSimulator();
    const answer = await callSimulator(simulator, "/github/acme/users/", { headers: { authorization } });
    expect(answer).toMatchObject({ status: 401, body: { detail } });
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("a revoked token is an unknown one", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.change({ op: "revoke-token", token: simulator.tokens["admin-token"] ?? "" });
    const answer = await callSimulator(simulator, "/github/acme/users/");
    expect(answer).toMatchObject({ status: 401, body: { detail: "Invalid token." } });
  });
});

describe("addresses", () => {
  it.each(["/github/group/sub/users/", "/github/acme/users/a%2Fb", "/github//users/", "/", ""])(
    "%s misses every route",
    async (path) => {
      await using simulator = await startCodecovSimulator();
      const answer = await callSimulator(simulator, path);
      expect(answer).toMatchObject({ status: 404, body: { error: "Page Not Found (404)" } });
    },
  );

  it("a group with its slash encoded as a colon is found, and the colon is plain in links", async () => {
    await using simulator = await startCodecovSimulator({ state: "gitlab-sub" });
    const { body } = await callSimulator(simulator, "/gitlab/group%3Asub/users/?page_size=1");
    expect(body.next).toBe(`${simulator.baseUrl}/gitlab/group:sub/users/?page=2&page_size=1`);
  });

  it("a host name that was allowed is answered", async () => {
    await using simulator = await startCodecovSimulator({ allowedHosts: ["codecov.acme.example"] });
    const { status } = await callSimulator(simulator, "/github/acme/users/");
    expect(status).toBe(200);
  });
});

describe("the Accept header", () => {
  const page = "/github/acme/users/?page_size=2";

  it.each([
    ["application/json; indent=4", 4],
    ["text/plain, application/json;indent=4", 4],
    ["*/*; indent=2", 2],
    ["application/json; indent=99", 8],
    ["application/json; indent=0", 0],
    ["application/json; indent=wide", 0],
    ["application/json", 0],
  ])("%s indents by %d", async (accept, indent) => {
    await using simulator = await startCodecovSimulator();
    const headers = { authorization: `Bearer ${simulator.tokens["admin-token"]}`, accept };
    const response = await fetch(simulator.baseUrl + page, { headers });
    const text = await response.text();
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, indent));
  });

  it("indents refusals too", async () => {
    await using simulator = await startCodecovSimulator();
    const response = await fetch(simulator.baseUrl + page, {
      headers: { accept: "application/json; indent=1" },
    });
    expect([response.status, await response.text()]).toEqual([
      401,
      '{\n "detail": "Authentication credentials were not provided."\n}',
    ]);
  });
});

test("the health page needs no token and tells the version", async () => {
  await using simulator = await startCodecovSimulator();
  const response = await fetch(`${simulator.url}/health/`);
  expect([response.status, await response.text()]).toEqual([200, "26.7.6 is live!"]);
});

describe("the internal member list", () => {
  const internalUrl = (url: string): string => `${url}/internal`;

  it("shows the owner id, which addresses everybody in the public API", async () => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    const { tokens, url } = simulator;
    const list = await callSimulator<{ results: Record<string, unknown>[] }>(
      { tokens, baseUrl: internalUrl(url) },
      "/github/roomy/users/?search=dotted",
    );
    expect(list.body.results).toEqual([
      {
        activated: false,
        is_admin: false,
        username: "ina.dotted",
        email: "ina@roomy.example",
        ownerid: 106,
        student: false,
        name: "Ina Dotted",
        last_pull_timestamp: null,
      },
    ]);
    const detail = await callSimulator<UserRow>(simulator, "/github/roomy/users/106");
    expect(detail.body.username).toBe("ina.dotted");
  });

  it("can be ordered, and is for members only", async () => {
    await using simulator = await startCodecovSimulator({ state: "unsorted" });
    const { tokens, url } = simulator;
    const target = { tokens, baseUrl: internalUrl(url) };
    const list = await callSimulator(target, "/github/unsorted/users/?ordering=-name");
    expect(list.body.results.map(({ name }) => name)).toEqual(["Zara", "Mo", "Bert", "Alice Admin"]);
    const refused = await callSimulator(target, "/github/unsorted/users/", {
      headers: { authorization: "" },
    });
    expect(refused.status).toBe(401);
  });
});
