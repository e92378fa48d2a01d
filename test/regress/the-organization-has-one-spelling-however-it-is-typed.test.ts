import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";

/** All that the last sync of a file stored, as text. */
async function readAll(path: string): Promise<string[]> {
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(file.runs.latestFinished()?.id ?? "");
  const rows = [
    ...everyItem((page) => reader.listResources({}, page)),
    ...everyItem((page) => reader.listEntitlements({}, page)),
    ...everyItem((page) => reader.listGrants({}, page)),
  ];
  return rows.map((row) =>
    JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
}

test("syncs of acme, ACME and Acme store the same, with the name that Codecov stores", async () => {
  await using simulator = await startCodecovSimulator();
  const cwd = await mkdtemp(join(tmpdir(), "baton-spelling-"));
  const stored: string[][] = [];
  for (const owner of ["acme", "ACME", "Acme"]) {
    const env = {
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: owner,
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    };
    expect((await runProgram(["--file", `${owner}.c1z`], { cwd, env })).code).toBe(0);
    stored.push(await readAll(join(cwd, `${owner}.c1z`)));
  }
  // A grant in the spelling of an older file can still be revoked.
  const seat = ["--file=Acme.c1z", "--revoke-grant=license:Acme:assigned:user:bob"];
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "aCmE",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  expect((await runProgram(["--provisioning", ...seat], { cwd, env })).code).toBe(0);
  await rm(cwd, { recursive: true });

  const [first, second, third] = stored;
  expect(first?.length).toBeGreaterThan(100);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  const texts = first?.join("\n") ?? "";
  expect(texts).toContain('"org:Acme:member"');
  expect(texts).toContain("holds a Codecov seat of Acme");
});
