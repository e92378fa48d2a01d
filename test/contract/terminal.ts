import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { CODECOV } from "./program.ts";

/** Whether there is the `script` of util-linux, which runs a command at a terminal. */
export const hasTerminal =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

export interface Screen {
  readonly code: number | null;
  /** What can be seen at the end: lines that were cleared are gone. */
  readonly lines: readonly string[];
}

/** A command of a shell that runs at a terminal. */
export interface TerminalRun {
  readonly process: ChildProcess;
  readonly result: Promise<Screen>;
}

/** Starts a command of a shell at a terminal. `env` is all of its environment. */
export function startAtTerminal(
  command: string,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): TerminalRun {
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "xterm" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const result = new Promise<Screen>((resolve) => {
    child.once("close", (code) => resolve({ code, lines: screen.split(/\r?\n/).map(whatIsLeft) }));
  });
  return { process: child, result };
}

/**
 * Runs the program at a terminal. `run` is a command of a shell in which `"$@"` is the program with its arguments.
 *
 * @returns its lines without blanks around them, and no empty ones
 */
export async function runAtTerminal(
  args: readonly string[],
  { cwd, env, run = '"$@"' }: { cwd: string; env: Readonly<Record<string, string>>; run?: string },
): Promise<Screen> {
  const words = [process.execPath, CODECOV, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const started = startAtTerminal(`set -- ${words.join(" ")}; ${run}`, {
    cwd,
    env: { ...process.env, ...env },
  });
  const { code, lines } = await started.result;
  return { code, lines: lines.map((line) => line.trim()).filter((line) => line !== "") };
}

/** What is left of a line after its last part was written over what was cleared. */
function whatIsLeft(line: string): string {
  const clear = "\u001b[2K";
  const at = line.lastIndexOf(clear);
  return at === -1 ? line : line.slice(at + clear.length);
}
