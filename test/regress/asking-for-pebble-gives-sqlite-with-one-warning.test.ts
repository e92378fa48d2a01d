import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { ServiceScene } from "../contract/service-scene.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

/** First bytes of the format that goes with SQLite. */
const SQLITE_MAGIC = "C1ZF\0";

/** Log lines that tell of another engine. */
function warningsIn(stderr: string) {
  return stderr
    .split("\n")
    .filter((line) => line.includes("storage_engine"))
    .map((line) => JSON.parse(line));
}

describe("from the shell", () => {
  let cwd: string;
  let codecov: CodecovSimulator;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), "pebble-"));
    codecov = await startCodecovSimulator();
  });
  afterEach(async () => {
    await codecov.close();
    await rm(cwd, { recursive: true });
  });

  async function sync(engine: string) {
    const result = await runProgram([], {
      cwd,
      env: {
        BATON_CODECOV_API_TOKEN: codecov.tokens["admin-token"] ?? "",
        BATON_CODECOV_SERVICE: "github",
        BATON_CODECOV_OWNER: "acme",
        BATON_CODECOV_BASE_URL: codecov.baseUrl,
        BATON_STORAGE_ENGINE: engine,
      },
    });
    return { ...result, warnings: warningsIn(result.stderr) };
  }

  test.each([
    ["pebble", [expect.objectContaining({ level: "warn", storage_engine: "pebble" })]],
    ["sqlite", []],
    ["", []],
  ])("BATON_STORAGE_ENGINE=%s writes a SQLite file", async (engine, expected) => {
    const { code, stderr, warnings } = await sync(engine);
    expect(code, stderr).toBe(0);
    expect(warnings).toEqual(expected);
    const content = await readFile(join(cwd, "sync.c1z"), "latin1");
    expect(content.slice(0, SQLITE_MAGIC.length)).toBe(SQLITE_MAGIC);
  });

  test("an engine that nobody has is refused before anything is asked", async () => {
    expect((await sync("rocks")).code).toBe(2);
    expect(codecov.requests).toEqual([]);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe("in service mode", () => {
  test.each([
    ["two tasks of C1", {}],
    ["tasks that are skipped", { BATON_SKIP_FULL_SYNC: "true" }],
    ["the settings and the tasks", { BATON_STORAGE_ENGINE: "pebble" }],
  ])("%s that ask for it are told of once", async (_what, changes) => {
    await using scene = await ServiceScene.open();
    scene.start(changes);
    for (const _ of ["first", "second"]) {
      const taskId = scene.c1.enqueue({ $case: "syncFull", value: { storageEngine: "pebble" } });
      expect((await scene.finish(taskId)).status).toBeUndefined();
      expect((await scene.readUpload(taskId)).magic).toBe(SQLITE_MAGIC);
    }
    await scene.stop();
    expect(warningsIn(scene.log())).toEqual([
      expect.objectContaining({ level: "warn", storage_engine: "pebble" }),
    ]);
  });
});
