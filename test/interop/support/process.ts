/** Runs programs for real and keeps what they said. */

import { type ChildProcess, spawn } from "node:child_process";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** When the program is killed, if it still runs then. */
  readonly timeoutMs?: number;
}

export interface Finished {
  /** Exit code, or undefined if a signal ended the program. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A Go host whose connector never serves would wait for ever; killed, it shows what it said. */
const TIMEOUT_MS = 50_000;

/** A program that runs; await {@link finished} or {@link stop} it. */
export class RunningProgram {
  readonly finished: Promise<Finished>;
  readonly pid: number;
  readonly #child: ChildProcess;
  #stderr = "";
  #watchers: (() => void)[] = [];

  constructor(command: Command) {
    const startedAt = performance.now();
    const child = spawn(command.program, [...command.args], {
      env: { ...bareEnvironment(), ...command.env },
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: command.timeoutMs ?? TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      for (const watch of this.#watchers) watch();
    });
    this.finished = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        resolve({
          code: code ?? undefined,
          signal: signal ?? undefined,
          stdout,
          stderr: this.#stderr,
          durationMs: performance.now() - startedAt,
        });
        for (const watch of this.#watchers) watch();
      });
    });
    this.finished.catch(() => undefined);
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Settles when standard error holds `text`; rejects when the program ends without having said it. */
  async said(text: string): Promise<void> {
    const seen = new Promise<"seen">((resolve) => {
      const watch = () => {
        if (this.#stderr.includes(text)) resolve("seen");
      };
      this.#watchers.push(watch);
      watch();
    });
    const outcome = await Promise.race([seen, this.finished]);
    if (outcome !== "seen" && !this.#stderr.includes(text)) {
      throw new Error(`the program ended without saying "${text}":\n${this.#stderr}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills the program if it still runs and waits for its end. */
  async stop(): Promise<Finished> {
    this.#child.kill("SIGKILL");
    return await this.finished;
  }
}

export function start(command: Command): RunningProgram {
  return new RunningProgram(command);
}

export async function run(command: Command): Promise<Finished> {
  return await start(command).finished;
}

/** What every program needs and nothing of the developer's own settings. */
function bareEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "TMPDIR", "LANG"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
