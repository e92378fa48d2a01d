import { copyFile, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { type SampleSync, writeSample } from "../unit/report/sample-file.ts";
import { makeTempDir } from "../unit/store/support.ts";

/** Weekly syncs that end on 2026-11-21 at 12:00 UTC, each with the members of its row. */
function syncsOf(...rosters: readonly string[]): SampleSync[] {
  return rosters.map((roster) => ({ members: roster.split("").map((username) => ({ username })) }));
}

async function makeDirectory(files: Readonly<Record<string, readonly SampleSync[]>>) {
  const cwd = await makeTempDir();
  for (const [name, syncs] of Object.entries(files)) await writeSample(join(cwd, name), syncs);
  const report = (...args: string[]) => runProgram(["report", ...args], { cwd });
  const review = async (...args: string[]) => {
    const { code, stdout, stderr } = await report("--format=json", ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  };
  return { cwd, report, review };
}

const FOUR = syncsOf("a", "ab", "abc", "abcd");

test.each([
  ["the sync before unless told", [], "2026-11-14T12:00:00.000Z", 1],
  ["the newest one from before a day", ["--since=2026-11-14"], "2026-11-07T12:00:00.000Z", 2],
  ["that of the day before", ["--since=2026-11-15"], "2026-11-14T12:00:00.000Z", 1],
  ["the newest one from before a time", ["--since=2026-11-07T14:00:00+02:00"], "2026-10-31T12:00:00.000Z", 3],
  [
    "one of the second itself is not before it",
    ["--since=2026-11-07T12:00:01Z"],
    "2026-11-07T12:00:00.000Z",
    2,
  ],
])("a review compares with %s", async (_, args, ended, joined) => {
  const { review } = await makeDirectory({ "sync.c1z": FOUR });
  const { previous_sync: previous, summary, since } = await review(...args);
  expect(previous.ended_at).toBe(ended);
  expect(summary.changes).toMatchObject({ joined, left: 0 });
  expect(since === null).toBe(args.length === 0);
});

test("every form says what it compares with, by id and time", async () => {
  const { review, report } = await makeDirectory({ "sync.c1z": FOUR });
  const since = "--since=2026-11-08";
  const { previous_sync: previous } = await review(since);
  for (const format of ["table", "html", "csv", "json"]) {
    const { stdout } = await report(since, `--format=${format}`);
    expect(stdout).toContain(previous.id);
    expect(stdout).toMatch(/2026-11-07[ T]12:00/);
  }
  expect((await report(since)).stdout).toContain("CHANGES SINCE 2026-11-07 12:00 UTC (2)");
});

test("another file can hold what is compared with", async () => {
  const { review, cwd } = await makeDirectory({ "sync.c1z": syncsOf("c", "cd"), "old.c1z": FOUR });
  // Older syncs are in the other file only; it has newer ones of the same times, too.
  const old = await review("--previous=old.c1z", "--since=2026-11-10");
  expect(old.previous_sync).toMatchObject({ ended_at: "2026-11-07T12:00:00.000Z", file: "old.c1z" });
  expect(old.previous_sync.file_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(old.previous_sync.file_sha256).not.toBe(old.file_sha256);
  expect(old.summary.changes).toMatchObject({ joined: 2, left: 2 });
  // Without a day it is the newest from before the reviewed sync.
  expect((await review("--previous=old.c1z")).previous_sync).toMatchObject({
    ended_at: "2026-11-14T12:00:00.000Z",
    file: "old.c1z",
  });
  // A copy of the file itself is a file like any other, but a sync is not compared with itself.
  await copyFile(join(cwd, "sync.c1z"), join(cwd, "copy.c1z"));
  expect((await review("--previous=copy.c1z")).previous_sync.ended_at).toBe("2026-11-14T12:00:00.000Z");
});

test.each([
  ["nothing is old enough", ["--since=2026-10-01"], 5, /2026-10-01 00:00:00 UTC.*2026-10-31 12:00:00 UTC/],
  ["nothing is old enough in two files", ["--since=2026-10-01", "--previous=other.c1z"], 5, /other\.c1z/],
  ["the day is after the reviewed sync", ["--since=2026-11-22"], 9, /2026-11-21 12:00:00 UTC/],
  ["there is no such file", ["--previous=none.c1z"], 5, /none\.c1z/],
  ["the other file is of another organization", ["--previous=other.c1z"], 9, /another organization, other/],
  ["the other file holds nothing older", ["--previous=new.c1z"], 5, /new\.c1z/],
  ["the day does not exist", ["--since=2026-02-30"], 2, /--since/],
  ["the time has no zone", ["--since=2026-02-03T10:00:00"], 2, /--since/],
  ["the day is a word", ["--since=yesterday"], 2, /--since/],
])("it is an error of its own if %s", async (_, args, code, words) => {
  const { report } = await makeDirectory({
    "sync.c1z": FOUR,
    "new.c1z": syncsOf("a"),
    "other.c1z": syncsOf("a", "b").map((sync) => ({ ...sync, owner: "other" })),
  });
  const result = await report(...args);
  expect(result).toMatchObject({ code, stdout: "" });
  expect(result.stderr).toMatch(words);
});

test("the report never takes the place of a file that it compares with", async () => {
  const { cwd, report } = await makeDirectory({ "sync.c1z": FOUR, "old.c1z": syncsOf("a", "b") });
  await symlink("old.c1z", join(cwd, "link.html"));
  const before = await readFile(join(cwd, "old.c1z"));
  for (const output of ["old.c1z", "link.html", "./old.c1z"]) {
    expect((await report("--previous=old.c1z", `--output=${output}`)).code).toBe(2);
  }
  expect(await readFile(join(cwd, "old.c1z"))).toEqual(before);
});
