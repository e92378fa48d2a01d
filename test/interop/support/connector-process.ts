/** Our connector process without a host: started as a host starts it, then left to whoever has the credentials. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalCredentials } from "#launch/certs.ts";
import { type ConnectorChild, spawnConnector } from "#launch/child.ts";
import { openChildListener } from "#launch/listener.ts";
import { encodeStartupLine } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { type Connector, connectorCommand } from "./programs.ts";

export interface ServingConnector extends AsyncDisposable {
  readonly address: string;
  /** PEM files for a client that the connector accepts. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

export async function serveConnector(
  connector: Connector,
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<ServingConnector> {
  const directory = await mkdtemp(join(tmpdir(), "interop-"));
  const [command = "", ...args] = connectorCommand(connector);
  const listener = await openChildListener();
  let child: ConnectorChild;
  try {
    child = spawnConnector(
      {
        command,
        args: [...args, ...flags, "_connector-service"],
        env: { PATH: process.env["PATH"], ...env },
      },
      listener,
      true,
    );
  } finally {
    await listener.close();
  }
  const { server, client } = createLocalCredentials(Date.now());
  child.sendLine(encodeStartupLine({ credential: server, listenPort: listener.port, sessionStorePort: 0 }));

  const pem = toPem(client);
  const tls = {
    ca: join(directory, "ca.pem"),
    cert: join(directory, "cert.pem"),
    key: join(directory, "key.pem"),
  };
  await Promise.all([
    writeFile(tls.ca, pem.ca),
    writeFile(tls.cert, pem.cert),
    writeFile(tls.key, pem.key, { mode: 0o600 }),
  ]);
  return {
    address: `127.0.0.1:${listener.port}`,
    tls,
    [Symbol.asyncDispose]: async () => {
      await child.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
