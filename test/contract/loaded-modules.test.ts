/**
 * What a run loads decides how soon it starts: files are split and imported late for that alone, and one careless import
 * undoes it without any other test failing.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCoverageStore } from "#codecov/coverage/store/coverage-store.ts";
import packageFile from "../../package.json" with { type: "json" };
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { repositoryOf } from "../unit/coverage/scene.ts";

const RECORDER = join(import.meta.dirname, "record-modules.ts");
const PROGRAM = join(import.meta.dirname, "../../src/bin/baton-codecov.ts");

/** Rooms by the folders that hold them, the innermost first. */
const ROOMS = Object.entries(packageFile.imports)
  .map(([alias, folder]) => [folder.slice("./".length, -1), alias.slice(1, -2)] as const)
  .toSorted(([a], [b]) => b.length - a.length);

/** All that a setting needs of the HTTP client to be checked. */
const BASE_URL = "src/sdk/http/base-url.ts";

const PACKAGES = Object.keys(packageFile.devDependencies);

interface Loaded {
  /** The program's own files, from the root. */
  readonly files: readonly string[];
  /** Rooms as the architecture calls them, and packages that this program names itself. */
  readonly rooms: readonly string[];
}

/** Runs the program from its sources, and tells what each of its threads has loaded in the end. */
async function recordRun(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "loaded-modules-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const child = spawn(process.execPath, ["--import", RECORDER, PROGRAM, ...args], {
    cwd: directory,
    env: { PATH: process.env["PATH"], ...env, RECORD_MODULES: directory },
    stdio: "ignore",
  });
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
  const threads: Record<string, Loaded> = {};
  for (const name of await readdir(directory)) {
    if (!name.endsWith(".json")) continue;
    const files: string[] = JSON.parse(await readFile(join(directory, name), "utf8"));
    const rooms = new Set(files.flatMap((file) => roomOf(file)));
    threads[name.slice(0, -".json".length)] = { files, rooms: [...rooms].toSorted() };
  }
  return threads;
}

function roomOf(file: string): string[] {
  if (PACKAGES.includes(file)) return [file];
  const [folder, room] = ROOMS.find(([start]) => file.startsWith(start)) ?? [];
  if (folder === undefined || room === undefined) return [];
  const [inner, ...rest] = file.slice(folder.length).split("/");
  return [room === "codecov" && rest.length > 0 ? `${room}/${inner}` : room];
}

test("help loads settings and commands by name, and no package", async () => {
  const { main, connector } = await recordRun(["--help"]);
  expect(connector).toBeUndefined();
  expect(main?.rooms).toEqual([
    "cli",
    "codecov",
    "codecov/api",
    "codecov/commands",
    "codecov/resources",
    "codecov/seats",
    "config",
    "files",
    "http",
    "kernel",
    "wire",
  ]);
  expect(main?.files.filter((file) => file.includes("/http/"))).toEqual([BASE_URL]);
  // No code of any command: what is known of them is declared apart.
  const known = main?.files.filter((file) => file.includes("/commands/") && !file.endsWith("-fields.ts"));
  expect(known?.toSorted()).toEqual([
    "src/codecov/commands/codecov-program.ts",
    "src/codecov/commands/coverage/coverage-commands.ts",
  ]);
  expect(main?.files.filter((file) => /^src\/codecov\/[^/]+$/.test(file))).toEqual([
    "src/codecov/fields.ts",
    "src/codecov/index.ts",
  ]);
});

test("the host of a sync and its connector load what they need, and not each other's half", async () => {
  const simulator = await startCodecovSimulator();
  onTestFinished(() => simulator.close());
  const { main, connector } = await recordRun(["-f", "sync.c1z"], {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  });
  expect(main?.rooms).toEqual(
    [
      ["@bufbuild/protobuf", "pino"],
      ["cli", "config", "files", "format", "gen", "http", "kernel", "launch", "model", "store", "sync"],
      ["tasks", "telemetry", "wire", "codecov", "codecov/api", "codecov/commands", "codecov/resources"],
      ["codecov/seats"],
    ]
      .flat()
      .toSorted(),
  );
  expect(connector?.rooms).toEqual(
    [
      ["@bufbuild/protobuf", "pino", "undici", "zod"],
      ["cli", "config", "files", "gen", "http", "kernel", "model", "runtime", "server", "telemetry", "wire"],
      ["codecov", "codecov/api", "codecov/commands", "codecov/resources", "codecov/roster", "codecov/seats"],
    ]
      .flat()
      .toSorted(),
  );
  expect(main?.files.filter((file) => file.includes("/http/"))).toEqual([BASE_URL]);
  // Each of these stands apart so that it is loaded when it is needed, as its first line says.
  for (const apart of [
    "src/codecov/codecov-connector.ts",
    "src/host/cli/help-text.ts",
    "src/host/cli/service-mode.ts",
    "src/host/launch/feature-client.ts",
    "src/host/launch/launch.ts",
    "src/host/telemetry/open-telemetry.ts",
    "src/sdk/model/status.ts",
  ]) {
    expect(main?.files).not.toContain(apart);
  }
});

test("a check of what is stored loads no package and nothing that asks Codecov", async () => {
  const directory = await mkdtemp(join(tmpdir(), "loaded-modules-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "coverage.db");
  {
    using store = await openCoverageStore(path, {
      service: "github",
      owner: "acme",
      origin: "https://api.codecov.io",
    });
    const repositories = [{ ...repositoryOf(), state: "measured" as const }];
    store.saveList({ readAt: Date.now(), repositories, missing: [], forgotten: [], notes: [] });
  }
  const { main, connector } = await recordRun(["coverage", "check", "--store", path, "--minimum", "1"]);
  expect(connector).toBeUndefined();
  expect(main?.rooms.filter((room) => PACKAGES.includes(room))).toEqual([]);
  expect(main?.files.filter((file) => file.includes("/reading/") || file.includes("-live.ts"))).toEqual([]);
  expect(main?.files.filter((file) => file.includes("/http/"))).toEqual([BASE_URL]);
});
