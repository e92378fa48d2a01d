import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { findRoute } from "#service/c1-route.ts";

const ADDRESS = "acme.conductor.example:443";

test.each<[string, Record<string, string>]>([
  ["no proxy is named", {}],
  ["the proxy is for something else", { HTTP_PROXY: "http://proxy:3128" }],
  ["the host is excepted", { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "other, acme.conductor.example" }],
  ["its domain is excepted", { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".conductor.example" }],
  ["its domain is excepted with a star", { HTTPS_PROXY: "proxy:3128", no_proxy: "*.conductor.example" }],
  ["everything is excepted", { HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "*" }],
])("the way is direct if %s", (_, env) => {
  expect(findRoute(ADDRESS, env)).toEqual({
    target: `dns:///${ADDRESS}`,
    options: { "grpc.enable_http_proxy": 0 },
  });
});

test("the way goes through the proxy, with its login", () => {
  const env = { HTTPS_PROXY: "http://us%65r:p%40ss@proxy.example", NO_PROXY: "conductor.exampl" };
  expect(findRoute(ADDRESS, env)).toEqual({
    target: "dns:///proxy.example:80",
    options: {
      "grpc.enable_http_proxy": 0,
      "grpc.http_connect_target": `dns:///${ADDRESS}`,
      "grpc.default_authority": ADDRESS,
      "grpc.http_connect_creds": "user:p@ss",
    },
  });
});

test("a proxy that speaks TLS is refused before anything is sent", () => {
  expect(() => findRoute(ADDRESS, { HTTPS_PROXY: "https://proxy:3128" })).toThrow(
    expect.objectContaining({ code: Code.InvalidArgument, message: expect.stringContaining("HTTPS_PROXY") }),
  );
});
