import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { inject } from "vitest";

const programs = inject("programs");

/** The program itself: the file that ships. */
export const CODECOV = programs.codecov;

/** The launcher of the npm package, installed beside that file. */
export const LAUNCHER = programs.launcher;

/** The program around the toy connector. */
export const TOY = programs.toy;

/** The same with a connector that fails, see `TOY_FAILURE`. */
export const FAILING = programs.failing;

/** The program of `examples/acme`. */
export const EXAMPLE = programs.example;

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
  /** A command and its arguments that the command line of the program is appended to, for example `setpriv`. */
  readonly within?: readonly string[];
  /** `ignore` is the empty device, which is the default; `pipe` stays open. */
  readonly stdin?: "ignore" | "pipe";
}

/** Starts the real program as a process of its own, with nothing of this process's settings. */
export function startProgram(args: readonly string[], options: StartOptions = {}): RunningProgram {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("BATON_"));
  const [command = process.execPath, ...words] = [
    ...(options.within ?? []),
    process.execPath,
    options.program ?? CODECOV,
    ...args,
  ];
  const child = spawn(command, words, {
    env: { ...Object.fromEntries(inherited), ...options.env },
    cwd: options.cwd,
    stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const result = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { process: child, stderr: () => stderr, result };
}

export function runProgram(args: readonly string[], options?: StartOptions): Promise<ProgramResult> {
  return startProgram(args, options).result;
}
