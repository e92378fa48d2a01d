import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#kernel/logger.ts";
import { launchConnector } from "#launch/launch.ts";
import { ROLES, type Role } from "./role.ts";

/** An upstream for the program to work on while its code caches are made. */
export interface Training {
  /** Variables with which the program finds it and is let in, for example `BATON_ACME_BASE_URL`. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it. */
  close(): void | Promise<void>;
}

/**
 * The code caches of all roles, from work on a tiny upstream: functions that a first run needs are compiled then and need
 * not be compiled at the start of the executable.
 *
 * @param bundle the wrapped bundle
 * @param trainee the bundled `trainee.ts`
 * @param startTraining starts the upstream; without one, the caches know the functions of the help only, and the
 *   executable starts more slowly
 */
export async function trainCodeCaches(
  bundle: string,
  trainee: string,
  startTraining: (() => Promise<Training>) | undefined,
): Promise<Record<Role, Buffer>> {
  const directory = await mkdtemp(join(tmpdir(), "code-cache-"));
  const training = await startTraining?.();
  try {
    const env = { TRAINEE_BUNDLE: bundle, TRAINEE_CACHE: directory, ...training?.env };
    if (training === undefined) {
      await run([trainee, "help"], env);
      const cache = await readFile(join(directory, "host"));
      return { host: cache, thread: cache, process: cache };
    }
    await run([trainee, "--file", join(directory, "sync.c1z")], env);
    await serve([trainee, "_connector-service"], env);
    const [host, thread, connector] = await Promise.all(ROLES.map((role) => readFile(join(directory, role))));
    if (host === undefined || thread === undefined || connector === undefined) {
      throw new Error("a code cache is missing");
    }
    return { host, thread, process: connector };
  } finally {
    await training?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** A sync trains `host` and `thread`. */
async function run(args: readonly string[], env: Record<string, string>): Promise<void> {
  const program = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [exitCode] = await once(program, "close");
  if (exitCode !== 0) throw new Error(`the run for the code caches failed: ${said}`);
}

/** Trains `process`. */
async function serve(args: readonly string[], env: Record<string, string>): Promise<void> {
  const { signal } = new AbortController();
  const connector = await launchConnector(
    { command: process.execPath, args, env },
    { log: silentLogger, signal },
  );
  const { client } = connector;
  await client.getMetadata({}, signal);
  await client.validate({}, signal);
  const paging = { pageSize: 0, pageToken: "", annotations: [], activeSyncId: "" };
  const { list } = await client.listResourceTypes({ ...paging, parent: undefined }, signal);
  for (const { id } of list) {
    const request = { ...paging, resourceTypeId: id, parentResourceId: undefined, trait: 0 as const };
    await client.listResources(request, signal);
  }
  await connector.close();
}
