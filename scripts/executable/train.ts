import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#kernel/logger.ts";
import { launchConnector } from "#launch/launch.ts";
import { ROLES, type Role } from "./role.ts";

/** An organization with one member, as far as a sync asks. */
const MEMBER = { service: "github", username: "ann", name: "Ann", email: "ann@example.com" };
const ROSTER = pageOf({ ...MEMBER, activated: true, is_admin: true });
const OWNERS = pageOf(MEMBER);

/**
 * The code caches of all roles, from work on a tiny organization: functions that a first run needs are compiled
 * then and need not be compiled at the start of the executable.
 *
 * @param bundle the wrapped bundle
 * @param trainee the bundled `trainee.ts`
 */
export async function trainCodeCaches(bundle: string, trainee: string): Promise<Record<Role, Buffer>> {
  const directory = await mkdtemp(join(tmpdir(), "code-cache-"));
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const answer = path.includes("/users/") ? ROSTER : path.includes("/acme/") ? MEMBER : OWNERS;
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const env = {
      TRAINEE_BUNDLE: bundle,
      TRAINEE_CACHE: directory,
      BATON_CODECOV_API_TOKEN: "none",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: `http://127.0.0.1:${port}`,
    };
    await sync([trainee, "--file", join(directory, "sync.c1z")], env);
    await serve([trainee, "_connector-service"], env);
    const [host, thread, connector] = await Promise.all(ROLES.map((role) => readFile(join(directory, role))));
    if (host === undefined || thread === undefined || connector === undefined) {
      throw new Error("a code cache is missing");
    }
    return { host, thread, process: connector };
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Trains `host` and `thread`. */
async function sync(args: readonly string[], env: Record<string, string>): Promise<void> {
  const program = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
  let said = "";
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [exitCode] = await once(program, "close");
  if (exitCode !== 0) throw new Error(`the sync for the code caches failed: ${said}`);
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

function pageOf(row: object) {
  return { count: 1, next: null, previous: null, total_pages: 1, results: [row] };
}
