/**
 * A connector process that uses its host's session store: each listing of its one type counts itself there, and
 * the count becomes the display name of the one resource.
 */

import { PassThrough } from "node:stream";
import { Client, type MethodDefinition } from "@grpc/grpc-js";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import {
  GetRequest,
  BatonSessionServiceService as Session,
  SetRequest,
} from "#gen/c1/connectorapi/baton/v1/session.ts";
import type { Connector, PageRequest } from "#runtime/connector.ts";
import { runConnectorService } from "#server/lifecycle.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { decodeStartupLine } from "#wire/server-config.ts";
import { createClientTls } from "#wire/tls.ts";

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
  const client = new Client(`127.0.0.1:${sessionStorePort}`, credentials, options);
  const call = <Request, Response>(method: MethodDefinition<Request, Response>, request: Request) =>
    new Promise<Response>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = method;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
        response === undefined ? reject(error ?? new Error("no answer")) : resolve(response),
      );
    });
  return {
    get: async (syncId: string) => {
      const { value } = await call(Session.get, GetRequest.fromPartial({ syncId, key: KEY }));
      return value.toString();
    },
    set: (syncId: string, value: string) =>
      call(Session.set, SetRequest.fromPartial({ syncId, key: KEY, value: Buffer.from(value) })),
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
