import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CompletionSource, formatCompletion, SHELLS, type Shell } from "#cli/completion-scripts.ts";

const source: CompletionSource = {
  name: "baton-acme",
  main: {
    name: "",
    summary: "",
    words: ["config", "export"],
    fields: [
      {
        kind: "string",
        name: "file",
        shorthand: "f",
        isPath: true,
        description: "It's a [file] $(touch /tmp/x): `name`",
      },
      { kind: "select", name: "acme-service", description: "Service", values: ["github", "gitlab"] },
      { kind: "bool", name: "provisioning", description: "Changes" },
      { kind: "string", name: "secret-door", description: "Hidden", hidden: true },
    ],
  },
  commands: [
    { name: "config", summary: 'print the owner\'s `schema`: "all" of it', words: [], fields: [] },
    { name: "export", summary: "export", words: ["zip", "tar"], fields: [] },
  ],
};

function complete(line: string): string[] {
  const words = line.split(" ");
  const script = `${formatCompletion("bash", source)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_baton_acme; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
}

test("bash completes commands, flags, values and words", () => {
  expect(complete("baton-acme co")).toEqual(["config"]);
  expect(complete("baton-acme --")).toEqual(["--file", "--acme-service", "--provisioning"]);
  expect(complete("baton-acme config --")).toEqual([""]);
  expect(complete("baton-acme --acme-service gitl")).toEqual(["gitlab"]);
  expect(complete("baton-acme export z")).toEqual(["zip"]);
});

test.each(SHELLS)("the script for %s leaves hidden flags out", (shell) => {
  const script = formatCompletion(shell, source);
  expect(script).toContain("acme-service");
  expect(script).not.toMatch(/secret-door/);
});

const CHECKS: Readonly<Record<Shell, readonly string[]>> = {
  bash: ["-n"],
  zsh: ["-n"],
  fish: ["--no-execute"],
};

test.each(SHELLS)("%s can parse its script", async (shell) => {
  const directory = await mkdtemp(join(tmpdir(), "baton-completion-"));
  const file = join(directory, "script");
  await writeFile(file, formatCompletion(shell, source));
  const result = spawnSync(shell, [...CHECKS[shell], file], { encoding: "utf8" });
  await rm(directory, { recursive: true });
  // Only bash is everywhere; the others are checked where they are installed.
  if (result.error !== undefined && shell !== "bash") return;
  expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: "" });
});
