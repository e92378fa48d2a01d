import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Code } from "#kernel/errors.ts";
import { createProject } from "#package/tools/new-project.ts";
import { runCommand } from "#package/tools/tool-command.ts";
import packageFile from "../../../package.json" with { type: "json" };

/** What `npm run check:sdk` does at length with the packed SDK, as far as it needs no installation. */

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "new-project-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const create = (name: string, sdk = "0.1.0") =>
  createProject({ name, sdk, cwd: directory, install: false, say: () => undefined });

const readText = (...path: string[]): string => readFileSync(join(directory, ...path), "utf8");

test("a new project has its name everywhere, and nothing is left to fill in", async () => {
  await create("big-acme");
  const root = join(directory, "baton-big-acme");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  expect(files).toEqual(
    expect.arrayContaining(["package.json", ".gitignore", ".npmrc", "Dockerfile", "README.md"]),
  );
  for (const file of files) {
    expect([file, /\{\{|\}\}/.test(readText("baton-big-acme", file))]).toEqual([file, false]);
  }
  expect(readText("baton-big-acme", "src", "connector.ts")).toContain('displayName: "Big Acme"');
  expect(readText("baton-big-acme", "test", "upstream.ts")).toContain("BATON_BIG_ACME_TOKEN");
  expect(statSync(join(root, ".ci", "run")).mode & 0o111).not.toBe(0);
});

test("a new project has the tools that the SDK is tested with", async () => {
  await create("acme");
  const { devDependencies, optionalDependencies } = JSON.parse(readText("baton-acme", "package.json"));
  const { "baton-connector-sdk": sdk, ...tools } = devDependencies;
  expect(sdk).toBe("0.1.0");
  expect(packageFile.devDependencies).toMatchObject(tools);
  expect(optionalDependencies).toEqual(packageFile.optionalDependencies);
});

test("a packed SDK goes with the project", async () => {
  writeFileSync(join(directory, "sdk-1.tgz"), "packed");
  await create("acme", "sdk-1.tgz");
  expect(readText("baton-acme", "vendor", "sdk-1.tgz")).toBe("packed");
  expect(readText("baton-acme", "package.json")).toContain('"file:vendor/sdk-1.tgz"');
});

test.each([
  "",
  "A",
  "9lives",
  "a b",
  "a--b",
  "a-",
  "../a",
  "a/b",
  "baton-acme",
  "connector-sdk",
  "a".repeat(41),
])("%j cannot be the name of a connector", async (name) => {
  await expect(create(name)).rejects.toMatchObject({ code: Code.InvalidArgument });
  expect(readdirSync(directory)).toEqual([]);
});

test.each([
  ["latest", Code.InvalidArgument],
  ["./sdk", Code.InvalidArgument],
  ["none.tgz", Code.NotFound],
])("%s cannot be the SDK", async (sdk, code) => {
  await expect(create("acme", sdk)).rejects.toMatchObject({ code });
  expect(readdirSync(directory)).toEqual([]);
});

test("a folder that is there is not touched", async () => {
  await create("acme");
  writeFileSync(join(directory, "baton-acme", "README.md"), "mine");
  await expect(create("acme")).rejects.toMatchObject({ code: Code.AlreadyExists });
  expect(readText("baton-acme", "README.md")).toBe("mine");
});

test.runIf(existsSync("/bin/bash"))("its CI script is one that a shell can read", async () => {
  await create("acme");
  execFileSync("bash", ["-n", join(directory, "baton-acme", ".ci", "run")]);
});

test.each([
  ["--help"],
  ["help"],
  ["new", "--help"],
  ["new", "acme", "--sdk", "0.1.0", "-h"],
  ["build", "--help"],
])("%s explains the commands and runs none", async (...args) => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    expect(await runCommand(args, directory)).toBe(Code.Ok);
    expect(write.mock.calls.join("")).toContain("baton-connector-sdk new <name>");
  } finally {
    write.mockRestore();
  }
  expect(readdirSync(directory)).toEqual([]);
});
