import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeReason } from "#kernel/system-error.ts";
import { LISTENER_FD_VARIABLE } from "#wire/names.ts";
import { endedByItself } from "./calls.ts";
import type { ChildListener } from "./listener.ts";

/** How to start a connector process. The arguments already end in the hidden subcommand. */
export interface ConnectorCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How a process ended: one of the two is set. */
export interface ChildExit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** The first descriptor after standard error. */
const LISTENER_FD = 3;
const STDERR_FD = 2;

/** A connector leaves at once when its standard input ends; one that does not is killed. */
const EXIT_GRACE_MS = 2_000;

/** A running connector process. Its standard input is its lifeline: it ends when that closes. */
export class ConnectorChild {
  readonly pid: number | undefined;
  /** Settles when the process is gone; rejects only if it could not be started. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  #closing = false;

  constructor(child: ChildProcess) {
    this.#process = child;
    this.pid = child.pid;
    this.exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    });
    // Callers that wait see the rejection; without one it must not end this process.
    this.exited.catch(() => undefined);
    // A child that is gone breaks the pipe; its exit says more than the broken pipe.
    child.stdin?.on("error", () => undefined);
  }

  /** True once {@link close} was called: an exit is then expected. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Sends the one start-up line. Standard input stays open after it. */
  sendLine(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** Lets a chunk handler see standard error, if it was piped. */
  onStderr(listener: (chunk: Buffer) => void): void {
    this.#process.stderr?.on("data", listener);
  }

  /** Ends the process: closes its standard input, waits a bounded time, then kills it. */
  async close(graceMs = EXIT_GRACE_MS): Promise<void> {
    this.#closing = true;
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), graceMs);
    try {
      await this.exited;
    } catch {
      // It never ran, so there is nothing to end.
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Starts the process. It inherits the working directory, writes both its outputs to our standard error (a
 * connector has nothing to say on standard output) and runs in a process group of its own: Ctrl-C in a
 * terminal then reaches only the host, which still needs the connector to finish its work in order.
 *
 * @param pipeStderr whether standard error is to be read here instead of inherited
 */
export function spawnConnector(
  command: ConnectorCommand,
  listener: ChildListener,
  pipeStderr: boolean,
): ConnectorChild {
  const output = pipeStderr ? "pipe" : STDERR_FD;
  const stdio: StdioOptions = ["pipe", STDERR_FD, output];
  const env = { ...command.env };
  if (listener.descriptor !== undefined) {
    stdio.push(listener.descriptor);
    env[LISTENER_FD_VARIABLE] = String(LISTENER_FD);
  }
  const child = spawn(command.command, [...command.args], {
    env,
    stdio,
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  return new ConnectorChild(child);
}

/** The error for a connector process that ended without being asked to. */
export function unexpectedExit({ code, signal }: ChildExit): BatonError {
  if (signal === undefined) return endedByItself("the connector process", code ?? 0);
  const hint = signal === "SIGKILL" ? ", as happens when memory runs out" : "";
  return new BatonError(Code.Internal, `the connector process was ended by ${signal}${hint}; try again`);
}

/** The error for a process that could not be started at all. */
export function spawnFailure(command: ConnectorCommand, cause: unknown): BatonError {
  const reason = describeReason(cause);
  return new BatonError(
    Code.FailedPrecondition,
    `the connector process could not be started (${command.command}): ${reason}`,
    { cause },
  );
}
