import { readdirSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { BatonServiceFinishTaskRequest } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { FakeC1 } from "../fakes/c1/fake-c1.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type RunningProgram, startProgram, TOY } from "./program.ts";

const PATIENCE_MS = 60_000;

/** A C1, a Codecov and the program between them, which works in directories of its own. */
export class ServiceScene implements AsyncDisposable {
  readonly c1: FakeC1;
  readonly codecov: CodecovSimulator;
  readonly directory: string;
  /** Where the program puts temporary files. */
  readonly tempDir: string;
  /** What the last program wrote until it was stopped. */
  #finalLog = "";
  #program: RunningProgram | undefined;

  private constructor(c1: FakeC1, codecov: CodecovSimulator, directory: string) {
    this.c1 = c1;
    this.codecov = codecov;
    this.directory = directory;
    this.tempDir = join(directory, "tmp");
  }

  static async open(): Promise<ServiceScene> {
    const directory = await mkdtemp(join(tmpdir(), "baton-service-"));
    const scene = new ServiceScene(await FakeC1.start(), await startCodecovSimulator(), directory);
    await mkdir(scene.tempDir);
    writeFileSync(join(directory, "ca.pem"), scene.c1.certificate);
    return scene;
  }

  /** Starts the program in service mode. */
  start(changes: Readonly<Record<string, string>> = {}, args: readonly string[] = []): RunningProgram {
    this.#program = startProgram(args, { cwd: this.directory, env: { ...this.settings(), ...changes } });
    return this.#program;
  }

  /** The same around the toy connector. */
  startToy(changes: Readonly<Record<string, string>> = {}): RunningProgram {
    const env = { ...this.settings(), BATON_TOY_TOKEN: "t0y-s3cret", ...changes };
    this.#program = startProgram([], { program: TOY, cwd: this.directory, env });
    return this.#program;
  }

  settings(): Record<string, string> {
    return {
      ...this.c1.environment(join(this.directory, "ca.pem")),
      BATON_CODECOV_API_TOKEN: this.codecov.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: this.codecov.baseUrl,
      BATON_TMPDIR: this.tempDir,
    };
  }

  /** The report on a task, as soon as it is there. */
  async finish(taskId: string): Promise<BatonServiceFinishTaskRequest> {
    return await waitFor(() => {
      const [report] = this.c1.finished.get(taskId) ?? [];
      if (report === undefined) throw new Error(`no report on ${taskId}; the log:\n${this.log()}`);
      return report;
    });
  }

  /** Process id of the program. */
  pid(): number {
    return this.#program?.process.pid ?? 0;
  }

  log(): string {
    return this.#program?.stderr() ?? this.#finalLog;
  }

  /** Log lines as objects. */
  logLines(): { readonly level: string; readonly msg: string; readonly [field: string]: unknown }[] {
    const lines = this.log().split("\n");
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  /** Ends the program with a signal; it has to end well, in time and without a trace. */
  async stop(name: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const startedAt = Date.now();
    this.#program?.process.kill(name);
    const result = await this.#program?.result;
    this.#program = undefined;
    this.#finalLog = result?.stderr ?? "";
    expect(result).toMatchObject({ code: 0, signal: null });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(this.c1.violations).toEqual([]);
    this.expectNoSecrets(result?.stdout ?? "", result?.stderr ?? "");
  }

  expectNoSecrets(...outputs: readonly string[]): void {
    const { BATON_CLIENT_SECRET: secret = "", BATON_CODECOV_API_TOKEN: token = "" } = this.settings();
    for (const hidden of [secret, secret.split(":").at(-1) ?? "", token, ...this.c1.tokens.tokens]) {
      for (const output of outputs) expect(output).not.toContain(hidden);
    }
  }

  /** What is in the file that was uploaded for a task. */
  async readUpload(taskId: string) {
    const [content = Buffer.alloc(0)] = this.c1.uploads.get(taskId) ?? [];
    const path = join(this.directory, `${taskId}.c1z`);
    writeFileSync(path, content);
    await using file = await openC1zReadOnly(path);
    const runs = file.runs.list();
    const reader = file.reader(runs[0]?.id ?? "");
    return {
      magic: content.subarray(0, 5).toString("latin1"),
      runs: runs.map(({ type, endedAt }) => ({ type, ended: endedAt !== undefined })),
      users: reader.listResources({ resourceTypeId: "user" }, {}).items.length,
      resources: reader.count("resources"),
      grants: reader.count("grants"),
      entitlements: reader.count("entitlements"),
    };
  }

  /** Names of temporary files and directories that are there. */
  leftovers(): string[] {
    return readdirSync(this.tempDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#program !== undefined) {
      this.#program.process.kill("SIGKILL");
      await this.#program.result;
    }
    await Promise.all([this.c1.close(), this.codecov.close()]);
    await rm(this.directory, { recursive: true });
  }
}

/** What `get` gives as soon as it does not fail any more. */
export function waitFor<T>(get: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(get, { timeout: PATIENCE_MS, interval: 20 });
}
