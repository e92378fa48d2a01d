/**
 * A connector process that uses its host's session store: each listing of its one type counts itself there, and
 * the count becomes the display name of the one resource.
 */

import { PassThrough } from "node:stream";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import { BatonSessionServiceClient, GetRequest, SetRequest } from "#gen/c1/connectorapi/baton/v1/session.ts";
import type { Connector, PageRequest } from "#runtime/connector.ts";
import { runConnectorService } from "#server/lifecycle.ts";
import { decodeStartupLine } from "#server/server-config.ts";
import { createClientTls } from "#server/tls.ts";
import { createLogger } from "#telemetry/logger.ts";

const KEY = "listings";

/** The start-up line names the session store's port, so it is read here first and then handed on. */
async function readStartupLine(): Promise<{ readonly line: string; readonly rest: PassThrough }> {
  const rest = new PassThrough();
  let seen = "";
  const line = await new Promise<string>((resolve) => {
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (text: string) => {
      rest.write(text);
      seen += text;
      if (seen.includes("\n")) resolve(seen.slice(0, seen.indexOf("\n")));
    });
    process.stdin.once("end", () => rest.end());
  });
  return { line, rest };
}

function createSession(line: string) {
  const { sessionStorePort, credential } = decodeStartupLine(line);
  const { credentials, options } = createClientTls(credential);
  const client = new BatonSessionServiceClient(`127.0.0.1:${sessionStorePort}`, credentials, options);
  return {
    get: (syncId: string) =>
      new Promise<string>((resolve, reject) => {
        client.get(GetRequest.fromPartial({ syncId, key: KEY }), (error, response) =>
          error === null ? resolve(response.value.toString()) : reject(error),
        );
      }),
    set: (syncId: string, value: string) =>
      new Promise<void>((resolve, reject) => {
        client.set(SetRequest.fromPartial({ syncId, key: KEY, value: Buffer.from(value) }), (error) =>
          error === null ? resolve() : reject(error),
        );
      }),
  };
}

const { line, rest } = await readStartupLine();
const session = createSession(line);

const connector: Connector = {
  metadata: { displayName: "Counter", description: "Counts its listings in the host's session store." },
  syncers: [
    {
      resourceType: ResourceType.fromPartial({ id: "counter", displayName: "Counter" }),
      list: async (_parent, { activeSyncId, pageToken }: PageRequest) => {
        const before = Number((await session.get(activeSyncId)) || "0");
        await session.set(activeSyncId, String(before + 1));
        const row = Resource.fromPartial({
          id: { resourceType: "counter", resource: "listings" },
          displayName: await session.get(activeSyncId),
        });
        return { items: [row], nextPageToken: pageToken === "" ? "second" : "" };
      },
    },
  ],
  validate: async () => ({}),
};

process.exitCode = await runConnectorService({
  createConnector: () => connector,
  gates: { provisioning: false, ticketing: false },
  log: createLogger(),
  stdin: rest,
});
