import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runProgram, startProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { makeDirectory } from "./system.ts";

async function makeScene() {
  const cwd = await makeDirectory();
  const work = join(cwd, "work");
  await mkdir(work);
  const members = Array.from({ length: 3_000 }, (_, index) => ({ username: `member${index}` }));
  await writeSample(join(cwd, "sync.c1z"), [{ members }]);
  const env = { BATON_TMPDIR: work };
  return {
    cwd,
    env,
    listWork: () => readdir(work),
    report: () => runProgram(["report", "--output=r.csv"], { cwd, env }),
    /** Lets all work directories look as if nothing had happened in them for a minute. */
    age: async () => {
      const then = Date.now() / 1000 - 60;
      for (const name of await readdir(work)) await utimes(join(work, name), then, then);
    },
  };
}

/** A report in the middle of its work: nobody takes what it prints. */
async function startHeldUp(cwd: string, env: Readonly<Record<string, string>>) {
  const running = startProgram(["report", "--format=csv"], { cwd, env });
  onTestFinished(() => void running.process.kill("SIGKILL"));
  const { stdout } = running.process;
  if (stdout === null) throw new Error("its standard output is a pipe");
  await once(stdout, "data");
  stdout.pause();
  return {
    async kill() {
      running.process.kill("SIGKILL");
      stdout.resume();
      await running.result;
    },
  };
}

test("the copies of the roster that a killed report left go with the next run, those of a living one stay", async () => {
  const { cwd, env, listWork, report, age } = await makeScene();
  const killed = await startHeldUp(cwd, env);
  const left = await listWork();
  expect(left).not.toEqual([]);
  await killed.kill();
  expect(await listWork()).toEqual(left);

  const living = await startHeldUp(cwd, env);
  const alive = (await listWork()).filter((name) => !left.includes(name));
  expect(alive).not.toEqual([]);
  await age();
  expect((await report()).code).toBe(0);
  expect(await listWork()).toEqual(alive);

  await living.kill();
  await age();
  expect((await report()).code).toBe(0);
  expect(await listWork()).toEqual([]);
});

test("what does not look like a work directory is left alone", async () => {
  const { cwd, listWork, report, age } = await makeScene();
  await mkdir(join(cwd, "work", "baton-c1z-letters"));
  await writeFile(join(cwd, "work", "baton-c1z-letters", "letter.txt"), "dear");
  await writeFile(join(cwd, "work", "baton-c1z-letters", "db"), "not mine");
  await age();
  expect((await report()).code).toBe(0);
  expect(await listWork()).toEqual(["baton-c1z-letters"]);
  expect((await readdir(join(cwd, "work", "baton-c1z-letters"))).sort()).toEqual(["db", "letter.txt"]);
});

test("the half-written output that a killed report left goes with a later one", async () => {
  const { cwd, report } = await makeScene();
  const hour = 60 * 60;
  const left = {
    old: "r.csv.0123456789ab.tmp",
    young: "r.csv.ba9876543210.tmp",
    foreign: "r.csv.backup.tmp",
  };
  for (const [age, name] of Object.entries(left)) {
    await writeFile(join(cwd, name), "half");
    const then = Date.now() / 1000 - (age === "young" ? 1 : hour + 1);
    await utimes(join(cwd, name), then, then);
  }
  expect((await report()).code).toBe(0);
  const stayed = ["r.csv", left.foreign, left.young, "sync.c1z", "work"];
  expect((await readdir(cwd)).sort()).toEqual(stayed.sort());
  expect(await readFile(join(cwd, left.foreign), "utf8")).toBe("half");
});
