import { expect, test } from "vitest";
import { refuseLeftOut } from "#package/tools/lean-bundle.ts";

// That connections through a proxy work in the bundle is what test/contract/service-mode.test.ts runs.

test.each([
  'const { Pool, ProxyAgent } = await import("undici");',
  'function f() {\n  const { Pool } = await import("undici");\n}',
  'import type { Dispatcher } from "undici";',
  'const {\n  Pool,\n  ProxyAgent: Proxy,\n} = await import("undici");',
  'import type { Dispatcher } from "undici";\nimport { x } from "./x.ts";\nconst { Pool } = await import("undici");',
])("the build takes %j", (source) => {
  expect(() => refuseLeftOut(source, "a.ts")).not.toThrow();
});

test.each([
  ['const { Pool, EnvHttpProxyAgent } = await import("undici");', "EnvHttpProxyAgent"],
  ['const { fetch: get } = await import("undici");', "fetch"],
  ['const undici = await import("undici");', "by their names"],
  ['import { Pool } from "undici";', "by their names"],
])("the build refuses %j, which the bundle would not have", (source, reason) => {
  expect(() => refuseLeftOut(source, "a.ts")).toThrow(reason);
});
