import { spawn, spawnSync } from "node:child_process";
import { CODECOV } from "../contract/program.ts";

/** Whether there is the `script` of util-linux, which runs a command at a terminal. */
export const hasTerminal =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

export interface Screen {
  readonly code: number | null;
  /** What can be seen at the end: lines that were cleared are gone. */
  readonly lines: readonly string[];
}

/**
 * Runs the program at a terminal. `run` is a command of a shell in which `"$@"` is the program with its arguments.
 */
export async function runAtTerminal(
  args: readonly string[],
  { cwd, env, run = '"$@"' }: { cwd: string; env: Readonly<Record<string, string>>; run?: string },
): Promise<Screen> {
  const words = [process.execPath, CODECOV, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const child = spawn("script", ["-qec", `set -- ${words.join(" ")}; ${run}`, "/dev/null"], {
    cwd,
    env: { ...process.env, TERM: "xterm", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let screen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = screen
    .split(/\r?\n/)
    .map((line) => line.slice(line.lastIndexOf("\u001b[2K") + 1).replace("[2K", ""));
  return { code, lines: lines.map((line) => line.trim()).filter((line) => line !== "") };
}
