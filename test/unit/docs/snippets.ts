import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { CODECOV } from "../../contract/program.ts";

export const root = join(import.meta.dirname, "..", "..", "..");

/** A document as it stands in the repository. */
export function readDocument(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** All documents of the repository, by their paths. */
export function listDocuments(): string[] {
  return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md", "*.mdx"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((path) => path !== "");
}

/** The blocks of a language between fences. */
export function fencedBlocks(document: string, language: string): string[] {
  return [...document.matchAll(fenceOf(language))].map(([block]) => block);
}

/** The document with other blocks of a language. */
function replaceFencedBlocks(document: string, language: string, replace: (block: string) => string): string {
  return document.replaceAll(fenceOf(language), replace);
}

/** What is between the fences of a language. */
function fenceOf(language: string): RegExp {
  return new RegExp(`(?<=^\`\`\`${language}\\n)[\\s\\S]*?(?=^\`\`\`$)`, "gm");
}

/** A command of a transcript: a line with `$ ` in front, with lines that have `> ` in front and belong to it. */
const TYPED = /^\$ .*\n(?:> .*\n)*/gm;

/** The commands of the transcripts in a document (blocks of the language `console`), as they are typed. */
export function typedCommands(document: string): string[] {
  return fencedBlocks(document, "console").flatMap((block) =>
    [...block.matchAll(TYPED)].map(([lines]) => lines.slice(2, -1).replaceAll("\n> ", "\n")),
  );
}

/** The document with what its commands print, each in its place. */
export function replaceOutputs(document: string, outputs: readonly string[]): string {
  let next = 0;
  return replaceFencedBlocks(document, "console", (block) =>
    [...block.matchAll(TYPED)].map(([lines]) => `${lines}${outputs[next++] ?? ""}`).join(""),
  );
}

/** The blocks of commands, which are indented, without that. */
export function commandBlocks(document: string): string[] {
  const prose = document.replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/^(?: {4,}\S.*\n(?:\n(?= {4}))?)+/gm)].map(([block]) => {
    const indent = /^ */.exec(block)?.[0] ?? "";
    return block.replaceAll(new RegExp(`^${indent}`, "gm"), "");
  });
}

/** A directory that goes with the test. */
export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-docs-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A command that runs the program as it ships, in a directory, for shells. */
export function installProgram(directory: string): string {
  const path = join(directory, "baton-codecov");
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${CODECOV}' "$@"\n`, { mode: 0o755 });
  return path;
}

/** Whether a command is on this machine. */
export function hasCommand(name: string, ...probe: string[]): boolean {
  return spawnSync(name, probe).status === 0;
}

/** What became of a script. */
export interface ScriptResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the shell; servers of this process go on meanwhile. */
export async function runScript(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ScriptResult> {
  const child = spawn("sh", ["-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}
