import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The program itself. */
export const CODECOV = fileURLToPath(new URL("../../src/bin/baton-codecov.ts", import.meta.url));

/** The program around the toy connector. */
export const TOY = fileURLToPath(new URL("../fakes/toy-program.ts", import.meta.url));

export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** What it wrote to standard error so far. */
  stderr(): string;
  readonly result: Promise<ProgramResult>;
}

export interface StartOptions {
  /** Path of the program; Codecov's if not given. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts the real program as a process of its own, with nothing of this process's settings. */
export function startProgram(args: readonly string[], options: StartOptions = {}): RunningProgram {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("BATON_"));
  const child = spawn(process.execPath, [options.program ?? CODECOV, ...args], {
    env: { ...Object.fromEntries(inherited), ...options.env },
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const result = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { process: child, stderr: () => stderr, result };
}

export function runProgram(args: readonly string[], options?: StartOptions): Promise<ProgramResult> {
  return startProgram(args, options).result;
}
