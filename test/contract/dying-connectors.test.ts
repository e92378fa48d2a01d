import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { FAILING, type ProgramResult, runProgram } from "./program.ts";

const PEOPLE = 5;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dying-connectors-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A sync in which the connector fails in some way after the first page of people. */
function syncWith(failure: string): Promise<ProgramResult> {
  return runProgram([], {
    program: FAILING,
    cwd: directory,
    env: {
      BATON_TOY_TOKEN: "t0y-s3cret",
      BATON_TMPDIR: directory,
      BATON_LOG_LEVEL: "error",
      TOY_FAILURE: failure,
    },
  });
}

/** For each sync in the file: whether it is finished, and how many people it has. */
async function readSyncs(): Promise<{ readonly finished: boolean; readonly people: number }[]> {
  await using file = await openC1zReadOnly(join(directory, "sync.c1z"));
  return file.runs.list().map(({ id, endedAt }) => {
    const reader = file.reader(id);
    const people = [...everyItem((page) => reader.listResources({ resourceTypeId: "person" }, page))];
    return { finished: endedAt !== undefined, people: people.length };
  });
}

const DEATHS = [
  { failure: "uncaught exception", code: 2, why: "the toy broke" },
  { failure: "end of the thread", code: 16, why: "with code 16" },
];

test.each(DEATHS)(
  "a sync whose connector dies ($failure) says why, keeps what it has read, and the next one goes on from there",
  async ({ failure, code, why }) => {
    const died = await syncWith(failure);
    expect(died).toMatchObject({ code, signal: null, stdout: "" });
    expect(died.stderr).toContain(why);
    expect(died.stderr).toContain("exited");
    expect(died.stderr).not.toContain("t0y-s3cret");
    const [begun, ...others] = await readSyncs();
    expect(others).toEqual([]);
    expect(begun?.finished).toBe(false);
    expect(begun?.people).toBeGreaterThan(0);
    expect(begun?.people).toBeLessThan(PEOPLE);
    expect(await readdir(directory)).toEqual(["sync.c1z"]);

    expect((await syncWith("none")).code).toBe(0);
    expect(await readSyncs()).toEqual([{ finished: true, people: PEOPLE }]);
  },
);

test("a finished sync stays in the file when the connector dies in the next one", async () => {
  expect((await syncWith("none")).code).toBe(0);
  expect((await syncWith("uncaught exception")).code).toBe(2);
  expect(await readSyncs()).toContainEqual({ finished: true, people: PEOPLE });
});

test("a promise that fails and that nobody waits for is an error in the log, but not the end of a sync", async () => {
  const { code, stderr } = await syncWith("forgotten promise");
  expect(code).toBe(0);
  expect(stderr).toContain("the toy forgot");
  expect(await readSyncs()).toEqual([{ finished: true, people: PEOPLE }]);
});
