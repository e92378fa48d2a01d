/**
 * `npm run check:sdk`: what an author of a connector does on the first day, by script, from the packed SDK in `build/` and
 * in an empty directory: a new project, its tests, a sync of its fake upstream, its npm package and its executable. Where there is
 * a Go toolchain, the Go host syncs with that executable. Also the mistakes that are made on that day. Prints how long it
 * took.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageFile from "../package.json" with { type: "json" };
import { buildGoPrograms } from "../test/interop/support/go-programs.ts";

const root = join(import.meta.dirname, "..");
const sdk = join(root, "build", `baton-connector-sdk-${packageFile.version}.tgz`);
if (!existsSync(sdk)) throw new Error(`${sdk} is missing; npm run build makes it`);

const work = mkdtempSync(join(tmpdir(), "baton-sdk-"));
const project = join(work, "baton-acme");
const newAcme = ["--yes", "--package", sdk, "baton-connector-sdk", "new", "acme", "--sdk", sdk];
const startedAt = Date.now();
try {
  step("a new project, installed", "npx", newAcme, work);
  step("its tests", "npm", ["test"]);
  step("a sync of its fake upstream", "npm", ["run", "demo"]);
  step("its npm package and executable", "npm", ["run", "build"]);
  checkArtefacts();
  checkNoWayBack();
  console.log(`from nothing to an executable: ${seconds(startedAt)}`);
  checkGoHost();
  checkMistakes();
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Runs a step of the author's to its end. @throws Error with all that it said, if it fails */
function step(what: string, command: string, args: readonly string[], cwd = project): void {
  const began = Date.now();
  const { status, stdout, stderr } = run(command, args, cwd);
  if (status !== 0) throw new Error(`${what} failed with ${status}:\n${stdout}\n${stderr}`);
  console.log(`${what}: ${seconds(began)}`);
}

function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  // Nothing of this checkout may help: neither its programs nor what npm tells those that it runs.
  const own = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_PATH$|^INIT_CWD$/i.test(name));
  const path = (process.env["PATH"] ?? "").split(":").filter((entry) => !entry.startsWith(root));
  return spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...Object.fromEntries(own), PATH: path.join(":"), ...env },
  });
}

function checkArtefacts(): void {
  const build = join(project, "build");
  for (const name of [
    "baton-acme-0.1.0.tgz",
    "baton-acme",
    "baton-acme.cdx.json",
    "THIRD_PARTY_LICENSES.txt",
  ]) {
    if (!existsSync(join(build, name))) throw new Error(`build/${name} was not made`);
  }
  const said = run(join(build, "baton-acme"), ["--version"], work).stdout.trim();
  if (said !== "baton-acme version 0.1.0") throw new Error(`the executable says ${said}`);
  const packed = join(work, "packed");
  mkdirSync(packed);
  writeFileSync(join(packed, "package.json"), '{"private":true}');
  const args = ["install", "--no-audit", "--no-fund", "--offline", join(build, "baton-acme-0.1.0.tgz")];
  const installed = run("npm", args, packed);
  if (installed.status !== 0) throw new Error(`the npm package cannot be installed: ${installed.stderr}`);
  const brought = readdirSync(join(packed, "node_modules")).filter((name) => !name.startsWith("."));
  if (brought.join() !== "baton-acme") throw new Error(`the npm package brings ${brought.join()}`);
  // The Node of the shell may be too old; the project has its own.
  const node = join(project, "node_modules", ".bin", "node");
  const launcher = join(packed, "node_modules", "baton-acme", "bin", "baton-acme.js");
  const { stdout, stderr } = run(node, [launcher, "capabilities"], packed);
  if (!/"team"/.test(stdout)) throw new Error(`the npm package does not run: ${stderr}`);
}

/** The project has to live without this repository. */
function checkNoWayBack(): void {
  const files = readdirSync(project, { recursive: true, encoding: "utf8", withFileTypes: true });
  const sources = files.filter(
    (file) =>
      file.isFile() &&
      !/node_modules|[\\/](build|dist|vendor)([\\/]|$)|\.c1z$/.test(join(file.parentPath, file.name)),
  );
  for (const file of sources) {
    const path = join(file.parentPath, file.name);
    if (readFileSync(path, "utf8").includes(root)) throw new Error(`${path} names ${root}`);
  }
}

/** The connector under the host of baton-sdk, which is written in Go. */
function checkGoHost(): void {
  const programs = buildGoPrograms();
  if (!programs.available) {
    console.log(`the Go host was left out: ${programs.reason}`);
    return;
  }
  const host = join(programs.directory, "host-proxy");
  const executable = join(project, "build", "baton-acme");
  const schema = join(work, "schema.json");
  writeFileSync(schema, run(executable, ["config"], work).stdout);
  const script = join(project, "test", "go-host.ts");
  writeFileSync(
    script,
    `import { spawn } from "node:child_process";
     import { once } from "node:events";
     import { startTraining } from "./upstream.ts";
     const upstream = await startTraining();
     const host = spawn(process.argv[2], process.argv.slice(3), { stdio: "inherit", env: { ...process.env, ...upstream.env } });
     const [code] = await once(host, "exit");
     await upstream.close();
     process.exitCode = code;`,
  );
  const file = join(work, "go.c1z");
  const node = join(project, "node_modules", ".bin", "node");
  const args = [script, host, "--file", file, "--storage-engine", "sqlite"];
  const env = { INTEROP_CONNECTOR: JSON.stringify([executable]), INTEROP_CONFIG_SCHEMA: schema };
  const synced = run(node, args, project, env);
  if (synced.status !== 0 || !existsSync(file)) throw new Error(`the Go host failed: ${synced.stderr}`);
  console.log("the Go host syncs with the executable");
}

/** One clear error each, and nothing half done. */
function checkMistakes(): void {
  const command = join(project, "node_modules", ".bin", "baton-connector-sdk");
  const empty = join(work, "mistakes");
  mkdirSync(empty);
  const offline = {
    npm_config_registry: "http://127.0.0.1:9",
    npm_config_cache: join(empty, "cache"),
    npm_config_fetch_retries: "0",
  };
  const launcher = join(project, "node_modules", "baton-connector-sdk", "bin", "baton-connector-sdk.js");
  const pretend = (version: string, ...args: string[]) => [
    "--input-type=module",
    "-e",
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });
     Object.defineProperty(process, "version", { value: "v${version}" });
     process.argv.splice(1, 0, "");
     await import(${JSON.stringify(launcher)});`,
    ...args,
  ];
  const cases: readonly [
    what: string,
    code: number,
    says: RegExp,
    program: string,
    args: string[],
    cwd: string,
    env?: Record<string, string>,
  ][] = [
    ["an existing folder", 6, /baton-acme exists already/, command, ["new", "acme", "--sdk", sdk], work],
    ["a bad name", 3, /"A b" cannot be the name/, command, ["new", "A b", "--sdk", sdk], empty],
    [
      "a name with baton-",
      3,
      /what comes after baton-: acme/,
      command,
      ["new", "baton-acme", "--sdk", sdk],
      empty,
    ],
    ["no SDK", 3, /--sdk is required/, command, ["new", "acme"], empty],
    [
      "an SDK that is not there",
      5,
      /none\.tgz is not a file/,
      command,
      ["new", "acme", "--sdk", "none.tgz"],
      empty,
    ],
    ["no network", 14, /cannot reach its registry/, command, ["new", "acme", "--sdk", sdk], empty, offline],
    ["an old Node", 9, /needs Node 20 or newer, this is v18/, process.execPath, pretend("18.20.0"), empty],
    [
      "a build with an old Node",
      9,
      /needs Node 24 or newer, this is v22/,
      process.execPath,
      pretend("22.1.0", "build"),
      empty,
    ],
    [
      "a build without a project",
      9,
      /package\.json does not exist/,
      process.execPath,
      [launcher, "build"],
      empty,
    ],
  ];
  for (const [what, code, says, program, args, cwd, env] of cases) {
    const { status, stderr } = run(program, args, cwd, env);
    if (status !== code || !says.test(stderr) || /\n\s+at /.test(stderr)) {
      throw new Error(`${what}: exit code ${status} and not ${code}, with\n${stderr}`);
    }
  }
  console.log(`${cases.length} mistakes are explained: ${cases.map(([what]) => what).join(", ")}`);
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
