/** The vendor's `baton` command line tool, which has to read every file. */

import { strict as assert } from "node:assert";
import { createServer } from "node:net";
import { run, start } from "./process.ts";
import { programPath } from "./programs.ts";
import { until } from "./waiting.ts";

/** A JSON object as the tool prints it. */
export type Json = { readonly [key: string]: JsonValue };
export type JsonValue = string | number | boolean | null | Json | readonly JsonValue[];

/** Runs one command of the tool on `file` and gives back what it printed; fails the test if it fails. */
export async function baton(file: string, ...args: string[]): Promise<string> {
  const result = await run({ program: programPath("baton"), args: [...args, "-f", file] });
  assert.equal(result.code, 0, `baton ${args.join(" ")} failed on ${file}: ${result.stderr}`);
  return result.stdout;
}

/** The same in JSON form. */
export async function batonJson(file: string, ...args: string[]): Promise<Json> {
  return JSON.parse(await baton(file, ...args, "-o", "json")) as Json;
}

/** The rows of a listing, which are missing from the JSON when there are none. */
export function rows(listing: Json, key: string): readonly Json[] {
  return (listing[key] ?? []) as readonly Json[];
}

/** The values at `path` in the rows of a listing, in order. */
export async function listValues(
  file: string,
  path: string,
  ...listing: readonly [string, ...string[]]
): Promise<string[]> {
  const key = listing[0] === "resource-types" ? "resourceTypes" : listing[0];
  return rows(await batonJson(file, ...listing), key)
    .map((row) => JSON.stringify(at(row, path) ?? "").slice(1, -1))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

/** How many people `file` holds. */
export async function countUsers(file: string): Promise<number> {
  return rows(await batonJson(file, "resources", "-t", "user"), "resources").length;
}

/** Follows `path` (keys joined by dots) into a JSON object; undefined where it leads nowhere. */
export function at(value: JsonValue | undefined, path: string): JsonValue | undefined {
  let found = value;
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Json)[key];
  }
  return found;
}

export interface Explorer extends AsyncDisposable {
  /** What the tool's own pages are given at `path`, into which they put ids as they are. */
  get(path: string): Promise<Json>;
}

/** The tool's pages on `file`, until disposed. */
export async function openExplorer(file: string): Promise<Explorer> {
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const program = start({
    program: programPath("baton"),
    args: ["explorer", "-f", file, "--port", String(port)],
  });
  await until("the explorer answers", async () =>
    fetch(`${origin}/api/resourceTypes`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    async get(path) {
      const response = await fetch(origin + path);
      const text = await response.text();
      // A path that no route fits gets the tool's start page.
      assert.match(response.headers.get("content-type") ?? "", /json/, `${path} was answered with a page`);
      assert.equal(response.status, 200, `${path}: ${text}`);
      return JSON.parse(text) as Json;
    },
    async [Symbol.asyncDispose]() {
      await program.stop();
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}
