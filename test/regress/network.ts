/** Servers and settings for tests of the program's connections. Files without `.test` hold no tests. */

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Settings of a sync that reads a server at `baseUrl`. */
export function codecovAt(baseUrl: string): Readonly<Record<string, string>> {
  return {
    BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: baseUrl,
  };
}

/** Listens on `host` until the test ends and gives the port. */
export async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}

/** A directory that is gone when the test has finished. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-regress-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}
