import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";

/** The files of a new project, each with this ending: some have names that npm would not pack. */
const TEMPLATE = join(import.meta.dirname, "template");
const ENDING = ".txt";

/** Of a name; it becomes part of names of packages, files and variables. */
const LONGEST_NAME = 40;

/** @see createProject */
export interface NewProject {
  /** Of the system that the connector connects to, for example `acme` or `acme-cloud`. */
  readonly name: string;
  /** A version of the SDK, or the path of its packed file, which the project gets a copy of. */
  readonly sdk: string;
  /** Where the folder of the project is made. */
  readonly cwd: string;
  /** Whether npm installs what the project needs. */
  readonly install: boolean;
  readonly say: (line: string) => void;
}

/**
 * Writes the project of a connector into the folder `baton-<name>`.
 *
 * @throws BatonError InvalidArgument for a bad name or version; NotFound if the packed SDK is not there; AlreadyExists if the
 *   folder is; Unavailable if the registry cannot be reached, and Internal if npm fails otherwise, both with the project
 *   written
 */
export async function createProject({ name, sdk, cwd, install, say }: NewProject): Promise<void> {
  checkName(name);
  const packed = findPacked(sdk, cwd);
  const program = `baton-${name}`;
  const directory = join(cwd, program);
  if (existsSync(directory)) {
    throw new BatonError(
      Code.AlreadyExists,
      `${directory} exists already; choose another name, or move it out of the way`,
    );
  }
  const values = {
    program,
    name,
    title: toTitle(name),
    variable: program.toUpperCase().replaceAll("-", "_"),
    prefix: name.toUpperCase().replaceAll("-", "_"),
    sdk: packed === undefined ? sdk : `file:vendor/${basename(packed)}`,
  };
  try {
    mkdirSync(directory);
    for (const file of listTemplate()) {
      const target = join(directory, fill(file.slice(0, -ENDING.length), values));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, fill(readFileSync(join(TEMPLATE, file), "utf8"), values), {
        mode: file.startsWith(join(".ci", "run")) ? 0o755 : 0o644,
      });
    }
    if (packed !== undefined) {
      mkdirSync(join(directory, "vendor"));
      copyFileSync(packed, join(directory, "vendor", basename(packed)));
    }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  say(`wrote ${directory}`);
  if (install) installPackages(directory, say);
  say(
    `next:\n  cd ${program}${install ? "" : " && npm install"}\n  npm test\n  npm run demo\n  npm run build`,
  );
}

function checkName(name: string): void {
  const wish =
    "take lower-case letters, digits and single hyphens, beginning with a letter, for example acme";
  if (name.startsWith("baton-")) {
    throw new BatonError(
      Code.InvalidArgument,
      `the name is what comes after baton-: ${name.slice("baton-".length)}`,
    );
  }
  // npm installs no package into itself.
  if (name === "connector-sdk") {
    throw new BatonError(Code.InvalidArgument, `"${name}" is the name of the SDK itself; ${wish}`);
  }
  if (name.length > LONGEST_NAME || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new BatonError(Code.InvalidArgument, `"${name}" cannot be the name of a connector: ${wish}`);
  }
}

/** The packed SDK; undefined if it is to come from the registry. */
function findPacked(sdk: string, cwd: string): string | undefined {
  if (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(sdk)) return undefined;
  if (!sdk.endsWith(".tgz")) {
    throw new BatonError(
      Code.InvalidArgument,
      `--sdk takes a version such as 0.1.0, or the path of a .tgz file, not "${sdk}"`,
    );
  }
  const path = resolve(cwd, sdk);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new BatonError(
      Code.NotFound,
      `${path} is not a file; npm pack, or npm run build of the SDK, creates it`,
    );
  }
  return path;
}

function listTemplate(): string[] {
  return readdirSync(TEMPLATE, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(ENDING));
}

/** Replaces `{{key}}` by its value. @throws Error for a key that there is not */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`the template asks for {{${key}}}`);
    return value;
  });
}

function toTitle(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}

function installPackages(directory: string, say: (line: string) => void): void {
  say("installing the dependencies of the project …");
  const { status, stderr, error } = npm(
    ["install", "--no-audit", "--no-fund", "--prefer-offline"],
    directory,
  );
  if (status === 0) return;
  const later = `the project has been created; run npm install in ${directory}`;
  if (error !== undefined) {
    throw new BatonError(Code.FailedPrecondition, `npm cannot be started (${error.message}); ${later}`);
  }
  // Without a network npm can name any reason, for example that versions do not fit together.
  if (isUnreachable(stderr) || isUnreachable(npm(["ping", "--fetch-retries=0"], directory).stderr)) {
    throw new BatonError(
      Code.Unavailable,
      `npm cannot reach its registry: check the network, a proxy and npm config get registry; ${later} when it can`,
    );
  }
  const reasons = stderr.split("\n").filter((line) => /^npm (ERR!|error)/.test(line));
  throw new BatonError(Code.Internal, `npm install failed; ${later}\n${reasons.slice(0, 8).join("\n")}`);
}

function npm(args: readonly string[], cwd: string) {
  return spawnSync("npm", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
  });
}

function isUnreachable(said: string): boolean {
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(said);
}
