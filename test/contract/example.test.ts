import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { EXAMPLE, runProgram } from "./program.ts";

const roster = fileURLToPath(new URL("../../examples/roster-file/roster.json", import.meta.url));

test("a second connector becomes a whole program without a change to anything but itself", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "baton-example-"));
  try {
    const result = await runProgram(["--roster-file", roster], { program: EXAMPLE, cwd });
    expect(result).toMatchObject({ code: 0, stdout: "" });
    await using file = await openC1zReadOnly(join(cwd, "sync.c1z"));
    const reader = file.reader(file.runs.pick()?.id ?? "");
    const resources = [...everyItem((page) => reader.listResources({}, page))];
    expect(resources.map((resource) => resource.displayName).toSorted()).toEqual([
      "Ada Lovelace",
      "Charles Babbage",
      "Grace Hopper",
      "analysts",
      "compilers",
    ]);
    expect([...everyItem((page) => reader.listGrants({}, page))]).toHaveLength(3);
  } finally {
    await rm(cwd, { recursive: true });
  }
});
