/** A simulated Codecov organization, a directory for files, and hosts that read the one into the other. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../../fakes/codecov/simulator.ts";
import { type Finished, type RunningProgram, start } from "./process.ts";
import { type Connector, type Host, hostCommand, type StorageEngine } from "./programs.ts";

export interface SceneOptions extends CodecovSimulatorOptions {
  /** Default `Acme`, the organization of the default state. */
  readonly owner?: string;
}

export interface RunOptions {
  readonly host: Host;
  /** Default: the connector in this repository. */
  readonly connector?: Connector;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** When the host is killed, if it still runs then. */
  readonly timeoutMs?: number;
}

export interface SyncOptions extends RunOptions {
  /** Go host only; default: what the host itself chooses (Pebble). */
  readonly engine?: StorageEngine;
  /** Path of the file to write. */
  readonly file: string;
}

export class Scene implements AsyncDisposable {
  readonly simulator: CodecovSimulator;
  readonly directory: string;
  readonly #owner: string;
  readonly #running: RunningProgram[] = [];

  constructor(simulator: CodecovSimulator, directory: string, owner: string) {
    this.simulator = simulator;
    this.directory = directory;
    this.#owner = owner;
  }

  /** A path in this scene's directory. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts a host with the settings for this organization; it is ended with the scene if it still runs then. */
  start({ host, connector = "own", args = [], env, timeoutMs }: RunOptions): RunningProgram {
    const command = hostCommand(host, connector, args, {
      BATON_CODECOV_API_TOKEN: this.simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: this.#owner,
      BATON_CODECOV_BASE_URL: this.simulator.url,
      // The reference connector reads users only unless it is told otherwise.
      BATON_CODECOV_ACCESS: "true",
      BATON_TOY_TOKEN: "toy",
      ...env,
    });
    const program = start({
      ...command,
      cwd: this.directory,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    this.#running.push(program);
    return program;
  }

  /** Runs a host to its end, whatever that is. */
  async run(options: RunOptions): Promise<Finished> {
    return await this.start(options).finished;
  }

  /** Starts a host that is to read or write `file`. */
  startSync({ file, engine, args = [], ...options }: SyncOptions): RunningProgram {
    const engineArgs = engine === undefined ? [] : ["--storage-engine", engine];
    return this.start({ ...options, args: ["--file", file, ...engineArgs, ...args] });
  }

  /** The same to its end. */
  async sync(options: SyncOptions): Promise<Finished> {
    return await this.startSync(options).finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#running.map(async (program) => await program.stop()));
    await this.simulator.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function openScene({ owner = "Acme", ...options }: SceneOptions = {}): Promise<Scene> {
  const simulator = await startCodecovSimulator(options);
  const directory = await mkdtemp(join(tmpdir(), "interop-"));
  return new Scene(simulator, directory, owner);
}

export function hasFile(path: string): boolean {
  return existsSync(path);
}
