import { describe, expect, it } from "vitest";
import { checkBaseUrl, resolveApiAddress } from "#codecov/api/api-address.ts";
import { checkOwner, normalizeService, resolveOwner, SERVICES } from "#codecov/api/owner.ts";
import { codecov } from "#codecov/index.ts";
import { Code } from "#kernel/errors.ts";

describe("the git service", () => {
  it.each([
    ["GH", "github"],
    ["gl", "gitlab"],
    ["Bb", "bitbucket"],
    ["ghe", "github_enterprise"],
    ["GLE", "gitlab_enterprise"],
    ["bbs", "bitbucket_server"],
    ["GitHub", "github"],
    ["sourceforge", "sourceforge"],
  ])("given as %s is %s", (text, service) => {
    expect(normalizeService(text)).toBe(service);
  });
});

describe("the owner", () => {
  it.each([
    ["acme", "github", "acme"],
    ["acme.inc", "bitbucket_server", "acme.inc"],
    ["group/sub/deep", "gitlab", "group:sub:deep"],
    ["group:sub", "gitlab_enterprise", "group:sub"],
  ] as const)("%s on %s is %s", (text, service, owner) => {
    expect(resolveOwner(service, text)).toBe(owner);
  });

  it.each([
    " acme",
    "acme ",
    "a\u0000b",
    "https://github.com/acme",
    "a//b",
    "/a",
    "a/",
    "..",
    "a/../b",
    "a?b",
    "a#b",
    "",
  ])("%j is refused", (text) => {
    expect(checkOwner(text)).toBeTypeOf("string");
    expect(() => resolveOwner("gitlab", text)).toThrow("--codecov-owner");
  });

  it.each(SERVICES.filter((service) => !service.startsWith("gitlab")))(
    "has no subgroups on %s",
    (service) => {
      expect(() => resolveOwner(service, "group/sub")).toThrow(
        expect.objectContaining({
          code: Code.InvalidArgument,
          kind: "configuration",
          message: expect.stringContaining("subgroups"),
        }),
      );
    },
  );
});

describe("the base URL", () => {
  it.each([
    ["https://api.codecov.io", "https://api.codecov.io", "/api/v2"],
    ["https://codecov.acme.example/", "https://codecov.acme.example", "/api/v2"],
    ["https://codecov.acme.example:8443/api/v2", "https://codecov.acme.example:8443", "/api/v2"],
    ["https://codecov.acme.example/api/v2/", "https://codecov.acme.example", "/api/v2"],
    ["https://acme.example/codecov", "https://acme.example", "/codecov/api/v2"],
    ["http://localhost:8080", "http://localhost:8080", "/api/v2"],
    ["http://127.1.2.3", "http://127.1.2.3", "/api/v2"],
    ["http://[::1]:9000", "http://[::1]:9000", "/api/v2"],
  ])("%s leads to %s%s", (text, origin, path) => {
    expect(resolveApiAddress(text, false)).toEqual({ origin, path });
  });

  it("may be plain HTTP to another machine only on request", () => {
    expect(() => resolveApiAddress("http://codecov.acme.example", false)).toThrow("--codecov-allow-http");
    expect(() => resolveApiAddress("http://localhost.acme.example", false)).toThrow("--codecov-allow-http");
    expect(resolveApiAddress("http://codecov.acme.example", true).origin).toBe("http://codecov.acme.example");
  });

  it.each([
    "codecov.io",
    "ftp://codecov.io",
    "https://me:s3cret@codecov.io",
    "https://codecov.io/?token=s3cret",
    "https://x/#y",
    "",
  ])("%s is refused without being repeated", (text) => {
    expect(checkBaseUrl(text)).toBeTypeOf("string");
    expect(() => resolveApiAddress(text, true)).toThrow("--codecov-base-url");
    expect(String(checkBaseUrl(text))).not.toContain("s3cret");
  });
});

describe("the definition", () => {
  it("makes a connector without any request, even from settings that turn out to be unusable", async () => {
    const connector = await codecov.create(
      { ...codecov.exampleConfig, baseUrl: "http://codecov.example", owner: "a/b" },
      { provisioning: false, httpTimeoutMs: 1_000 },
    );
    expect(connector.syncers.map(({ resourceType }) => resourceType.id)).toContain("user");
    expect(connector.upstreamRequests?.()).toBe(0);
  });

  it("has settings named as in the vendor's own connector", () => {
    const names: readonly string[] = Object.values(codecov.fields).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["codecov-api-token", "codecov-service", "codecov-owner"]));
  });
});
