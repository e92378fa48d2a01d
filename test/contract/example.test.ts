import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { startAcme, TOKEN } from "../../examples/acme/upstream.ts";
import { EXAMPLE, runProgram } from "./program.ts";

test("a second connector becomes a whole program without a change to anything but itself", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "baton-example-"));
  await using upstream = await startAcme();
  const env = { BATON_ACME_BASE_URL: upstream.url, BATON_ACME_TOKEN: TOKEN };
  try {
    const result = await runProgram([], { program: EXAMPLE, cwd, env });
    expect(result).toMatchObject({ code: 0, stdout: "" });
    await using file = await openC1zReadOnly(join(cwd, "sync.c1z"));
    const reader = file.reader(file.runs.pick()?.id ?? "");
    const resources = [...everyItem((page) => reader.listResources({}, page))];
    expect(resources.map((resource) => resource.displayName).toSorted()).toEqual([
      "Ada Lovelace",
      "Admin",
      "Analysts",
      "Auditor",
      "Compilers",
      "Deploy bot",
      "Grace Hopper",
      "Hedy Lamarr",
      "Looms",
      "charles",
    ]);
    const grants = [...everyItem((page) => reader.listGrants({}, page))].map(({ id }) => id);
    // Through the team, beside the nine that are held directly.
    expect(grants).toContain("role:auditor:assigned:user:../u4");
    expect(grants).toHaveLength(12);

    const granting = ["--grant-entitlement", "team:1:member", "--grant-principal", "u2"];
    const refused = await runProgram(granting, {
      program: EXAMPLE,
      cwd,
      env: { ...env, BATON_ACME_TOKEN: "x" },
    });
    expect(refused.code).toBe(16);
    expect(refused.stderr).not.toContain(TOKEN);
    const granted = await runProgram(granting, { program: EXAMPLE, cwd, env });
    expect(granted.code).toBe(0);
    const changes = upstream.requests.filter(({ method }) => method !== "GET");
    expect(changes.map(({ method, path }) => `${method} ${path}`)).toEqual(["PUT /teams/1/members/u2"]);
  } finally {
    await rm(cwd, { recursive: true });
  }
});

test("the example is small, and stands on the public face alone", () => {
  const source = readFileSync(join(import.meta.dirname, "../../examples/acme/connector.ts"), "utf8");
  expect(source.split("\n").length).toBeLessThan(250);
  expect([...source.matchAll(/ from "([^"]+)"/g)].map(([, from]) => from)).toEqual([
    "zod",
    "#package/index.ts",
  ]);
});
