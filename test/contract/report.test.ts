import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type SampleMember, writeSample } from "../unit/report/sample-file.ts";
import { runProgram, startProgram } from "./program.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-report-"));
});
afterEach(() => rm(cwd, { recursive: true }));

const sample = () => join(cwd, "sync.c1z");

test("a file that a sync wrote is reviewed without settings and without Codecov", async () => {
  await using simulator = await startCodecovSimulator();
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    BATON_CODECOV_PURCHASED_SEATS: "1000",
    BATON_CODECOV_SESSION_INFO: "true",
  };
  expect((await runProgram([], { cwd, env })).code).toBe(0);
  await simulator.close();

  const { code, stdout, stderr } = await runProgram(["report", "--format", "json"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { summary, organization, ...lists } = JSON.parse(stdout);
  expect(organization).toEqual({ owner: "Acme", service: "github" });
  expect(summary).toMatchObject({ seats_purchased: 1000, changes: null });
  expect(summary.members).toBe(summary.seats_used + summary.members_without_seat);
  expect(lists.members_without_seat).toHaveLength(summary.members_without_seat);
  expect(lists.admins).toHaveLength(summary.admins);
  expect(lists.seats_without_session).toHaveLength(summary.seats_without_session);
  expect(summary.seats_with_session + summary.seats_without_session).toBeGreaterThan(0);
});

test("the form follows the name of the output file, unless one is asked for", async () => {
  await writeSample(sample(), [{ members: [{ username: "ann" }] }]);
  const beginnings: Record<string, string> = {
    "review.html": "<!DOCTYPE html>",
    "review.csv": "\ufefforganization,id,",
    "review.JSON": "{",
    "review.txt": "Codecov access review",
  };
  for (const [name, beginning] of Object.entries(beginnings)) {
    const result = await runProgram(["report", `--output=${name}`], { cwd });
    expect(result).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await readFile(join(cwd, name), "utf8")).startsWith(beginning)).toBe(true);
  }
  await runProgram(["report", "--output=review.html", "--format=csv"], { cwd });
  expect(await readFile(join(cwd, "review.html"), "utf8")).toMatch(/^\ufefforganization,id,/);
  expect((await stat(join(cwd, "review.csv"))).mode & 0o077).toBe(0);
});

test("a file that cannot be reviewed gives one sentence and its own exit code, and keeps the old report", async () => {
  const missing = await runProgram(["report", "-f", "nowhere.c1z"], { cwd });
  expect(missing).toMatchObject({
    code: 5,
    stdout: "",
    stderr: "there is no file nowhere.c1z; run a sync first, or name another file\n",
  });
  await writeSample(sample(), [{ members: [{ username: "ann" }] }]);
  await runProgram(["report", "--output=review.csv"], { cwd });
  const before = await readFile(join(cwd, "review.csv"), "utf8");
  await rm(sample());
  await writeSample(sample(), [{ members: [], unfinished: true }]);
  const unfinished = await runProgram(["report", "--output=review.csv"], { cwd });
  expect(unfinished).toMatchObject({
    code: 5,
    stderr: "sync.c1z contains no finished sync; run a sync into it first\n",
  });
  expect(await readFile(join(cwd, "review.csv"), "utf8")).toBe(before);
  expect((await runProgram(["report", "--format=xml"], { cwd })).code).toBe(2);
});

/** Members whose texts alone are more than the memory that the program is given below. */
function* makeLargeMembers(count: number): Generator<SampleMember> {
  const filler = "x".repeat(12_000);
  for (let index = 0; index < count; index += 1) {
    yield { username: `member-${index}`, name: `${index} ${filler}`, activated: false, is_admin: true };
  }
}

test("memory does not grow with the number of members, in the forms that hold all", async () => {
  const members = 2_500;
  await writeSample(sample(), [{ members: [{ username: "ann" }] }, { members: makeLargeMembers(members) }]);
  for (const format of ["json", "csv"]) {
    const env = { NODE_OPTIONS: "--max-old-space-size=32" };
    const output = join(cwd, `review.${format}`);
    const result = await runProgram(["report", `--format=${format}`, `--output=${output}`], { cwd, env });
    expect(result).toMatchObject({ code: 0, stderr: "" });
  }
  const lines = (await readFile(join(cwd, "review.csv"), "utf8")).trimEnd().split("\r\n");
  expect(lines).toHaveLength(1 + members + 1);
});

test("an interrupted report leaves neither a half file nor a copy of the data behind", async () => {
  await writeSample(sample(), [{ members: makeLargeMembers(2_500) }]);
  const before = await readdir(cwd);
  const temporary = await mkdtemp(join(tmpdir(), "baton-report-tmp-"));
  try {
    const program = startProgram(["report", "--output=review.json"], {
      cwd,
      env: { BATON_TMPDIR: temporary },
    });
    while ((await readdir(temporary)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    program.process.kill("SIGTERM");
    expect(await program.result).toMatchObject({ code: 143, stdout: "" });
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(cwd)).toEqual(before);
  } finally {
    await rm(temporary, { recursive: true });
  }
});
