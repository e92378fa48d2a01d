import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCodecovSimulator } from "../../fakes/codecov/simulator.ts";
import { commandBlocks, installProgram, makeDirectory, readDocument, root, runScript } from "./snippets.ts";

const blocks = commandBlocks(readDocument("docs/several-organizations.md"));

test("what goes wrong with one organization costs the others nothing, and one table holds all", async () => {
  const directory = await makeDirectory();
  const simulator = await startCodecovSimulator();
  onTestFinished(() => simulator.close());
  const run = (script: string) =>
    runScript(script, directory, {
      PATH: [dirname(installProgram(directory)), process.env["PATH"]].join(delimiter),
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"],
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    });
  const [loop = "", table = ""] = blocks.filter((block) => block.startsWith("for owner"));
  // There is no organization globex.
  expect((await run(loop)).stderr).toMatch(/^globex: exit code 5$/m);
  expect(existsSync(join(directory, "acme.html"))).toBe(true);

  // Two files of the same organization, as there is one only.
  cpSync(join(directory, "acme.c1z"), join(directory, "globex.c1z"));
  expect((await run(table)).status).toBe(0);
  const lines = readFileSync(join(directory, "all.csv"), "utf8").trim().split("\n");
  expect(lines.filter((line) => line.startsWith("organization,"))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith("Acme,"))).toHaveLength(2 * 52);
});

test("an overlay is copied by the commands that are given for it", async () => {
  const directory = await makeDirectory();
  const organizations = join("deploy", "kubernetes", "organizations");
  mkdirSync(join(directory, organizations), { recursive: true });
  cpSync(join(root, organizations), join(directory, organizations), { recursive: true });
  const copy = blocks.find((block) => block.startsWith("mkdir deploy")) ?? "";
  expect(spawnSync("sh", ["-ec", copy], { cwd: directory }).status).toBe(0);
  const read = (name: string) =>
    readFileSync(join(directory, organizations, name, "kustomization.yaml"), "utf8");
  expect(read("initech")).toBe(read("acme").replaceAll("acme", "initech"));
});
