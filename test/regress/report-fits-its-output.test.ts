import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openReview } from "#codecov/report/review.ts";
import { readSyncedMember } from "#codecov/report/synced-member.ts";
import { makeResource } from "#model/resource.ts";
import { CODECOV, runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { makeTempDir, makeTestFile } from "../unit/store/support.ts";

// A table was written.
test.each(["x.htm", "x.HTM", "x.html"])("--output %s writes HTML", async (name) => {
  const cwd = await makeTempDir();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann" }] }]);
  expect((await runProgram(["report", `--output=${name}`], { cwd })).code).toBe(0);
  expect((await readFile(join(cwd, name), "utf8")).startsWith("<!DOCTYPE html>")).toBe(true);
});

const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

// It was as narrow as the terminal that the command happened to run in.
test.runIf(hasTerminals)("a table in a file does not depend on the terminal", async () => {
  const cwd = await makeTempDir();
  const name = "A name that is long enough to be cut in a narrow terminal";
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann", name, is_admin: true }] }]);
  expect((await runProgram(["report", "--output=wide.txt"], { cwd })).code).toBe(0);
  const command = `stty cols 40; '${process.execPath}' '${CODECOV}' report`;
  spawnSync("script", ["-qec", `${command} --output=narrow.txt`, "/dev/null"], { cwd });
  const shown = spawnSync("script", ["-qec", command, "/dev/null"], { cwd, encoding: "utf8" }).stdout;
  expect(shown).toContain("Codecov access review");
  expect(shown).not.toContain(name);
  const text = await readFile(join(cwd, "narrow.txt"), "utf8");
  expect(text).toContain(name);
  expect(text).toBe(await readFile(join(cwd, "wide.txt"), "utf8"));
});

/** A profile as another connector may write it. */
const profile = { activated: true, is_admin: false, owner: "acme", service: "github" };

// The name was empty in the report.
test.each([
  ["the display name, if the profile of another connector has no name", "Ann Other", profile, "Ann Other"],
  ["none, if Codecov knows none", "ann", { ...profile, name: null }, null],
  ["that of the profile, if there is one", "ann", { ...profile, name: "Ann Same" }, "Ann Same"],
])("the name of a member is %s", (_, displayName, given, name) => {
  const resource = makeResource({ resourceType: "user", id: "ann", displayName, profile: given });
  expect(readSyncedMember(resource).name).toBe(name);
});

test("such a member has a name in the review", async () => {
  const target = await makeTestFile();
  const file = await target.open();
  const { id } = file.runs.start("full");
  file
    .writer(id)
    .putResources([makeResource({ resourceType: "user", id: "ann", displayName: "Ann Other", profile })]);
  file.runs.end(id);
  await file.save();
  await file.close();
  await using review = await openReview(target.path);
  expect([...review.list("everybody")]).toMatchObject([{ id: "ann", name: "Ann Other" }]);
});
