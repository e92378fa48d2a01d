import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const isInstalled = (shell: Shell) => spawnSync(shell, ["--version"]).status === 0;

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-completion-"));
  for (const shell of SHELLS) {
    const { stdout } = await runProgram(["completion", shell], { cwd });
    await writeFile(join(cwd, `script.${shell}`), stdout);
  }
});
afterAll(() => rm(cwd, { recursive: true }));

/** How each shell is made to say what it offers for the last word, one offer a line. */
const ASK: Readonly<Record<Shell, string>> = {
  bash: `source script.bash; COMP_WORDS=(baton-codecov "$@"); COMP_CWORD=$#; _baton_codecov
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What _arguments makes of its specifications is not to be tested here; a word that is not a flag gets the last one.
  zsh: `compdef() {}
    _arguments() {
      local spec last=\${@[-1]} current=\${words[CURRENT]} previous=\${words[CURRENT-1]}
      for spec in "$@"; do
        [[ $spec == "*$previous"\\[*':('*')' ]] && { print -l -- \${(s: :)\${\${spec##*:\\(}%\\)}}; return }
      done
      if [[ $current == -* ]]; then for spec in "$@"; do [[ $spec == '*-'* ]] && print -r -- \${\${spec#\\*}%%\\[*}; done
      elif [[ $last == *_describe* ]]; then print -l -- \${commands%%:*}
      elif [[ $last == *\\(*\\) ]]; then print -l -- \${(s: :)\${\${last##*\\(}%\\)}}; fi
    }
    source script.zsh; words=(baton-codecov "$@"); CURRENT=\${#words}; _baton_codecov`,
  fish: `source script.fish; complete -C "baton-codecov $argv" | string replace -r '\\t.*' ''`,
};

function complete(shell: Shell, words: readonly string[]): string[] {
  const args = { bash: ["-c", ASK.bash, "bash"], zsh: ["-fc", ASK.zsh, "zsh"], fish: ["-c", ASK.fish, "--"] }[
    shell
  ];
  const { stdout, stderr } = spawnSync(shell, [...args, ...words], { cwd, encoding: "utf8" });
  expect(stderr).toBe("");
  const current = words.at(-1) ?? "";
  const offers = stdout.split("\n").filter((offer) => offer !== "" && offer.startsWith(current));
  return offers.map((offer) => offer.replace(/^--[\w-]+=/, "")).toSorted();
}

for (const shell of SHELLS) {
  const ask = test.runIf(isInstalled(shell));

  ask(`${shell}: flags of the command at hand, and --help`, () => {
    const report = ["--file", "--format", "--help", "--output"];
    expect(complete(shell, ["report", "--"])).toEqual(expect.arrayContaining(report));
    for (const foreign of ["--codecov-owner", "--listen", "--endpoint", "--version"]) {
      expect(complete(shell, ["report", "--"])).not.toContain(foreign);
    }
    expect(complete(shell, ["version", "--"])).toEqual(["--help"]);
    expect(complete(shell, ["config", "--"])).toEqual(["--help", "--sample"]);
    const serve = complete(shell, ["serve", "--"]);
    expect(serve).toEqual(
      expect.arrayContaining(["--listen", "--codecov-owner", "--help", "--provisioning"]),
    );
    expect(serve).not.toContain("--revoke-grant");
  });

  ask(`${shell}: without a command, the flags of the program`, () => {
    const flags = complete(shell, ["--"]);
    const some = ["--codecov-owner", "--file", "--help", "--revoke-grant", "--version"];
    expect(flags).toEqual(expect.arrayContaining(some));
    for (const foreign of ["--listen", "--format", "--endpoint", "--sample"]) {
      expect(flags).not.toContain(foreign);
    }
  });

  ask(`${shell}: the value of a flag is no command`, () => {
    expect(complete(shell, ["--file", "serve", "report", "--f"])).toEqual(["--file", "--format"]);
    expect(complete(shell, ["--codecov-owner", "report", "--ver"])).toEqual(["--version"]);
  });

  ask(`${shell}: fixed values`, () => {
    expect(complete(shell, ["report", "--format", ""])).toEqual(["csv", "html", "json", "table"]);
    expect(complete(shell, ["--log-level", ""])).toEqual(["debug", "error", "info", "warn"]);
    expect(complete(shell, ["--codecov-service", "gith"])).toEqual(["github", "github_enterprise"]);
    expect(complete(shell, ["health-check", "--endpoint", ""])).toEqual(["health", "live", "ready"]);
  });

  ask(`${shell}: commands, and words of commands`, () => {
    expect(complete(shell, ["re"])).toEqual(["report"]);
    expect(complete(shell, ["completion", ""])).toEqual(["bash", "fish", "zsh"]);
    expect(complete(shell, ["help", "ser"])).toEqual(["serve"]);
    expect(complete(shell, ["report", "ser"])).toEqual([]);
  });
}

test("bash knows the values of --name=value as well", () => {
  const ask = `source script.bash; COMP_WORDS=(baton-codecov report --format = c); COMP_CWORD=4; _baton_codecov
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  expect(spawnSync("bash", ["-c", ask], { cwd, encoding: "utf8" }).stdout).toBe("csv\n");
});
