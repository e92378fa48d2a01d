import { createPrivateKey, sign, verify, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { Code } from "#kernel/errors.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import type { Credential } from "#wire/server-config.ts";
import { createClientTls, toPem } from "#wire/tls.ts";
import { TestClient } from "../../fakes/grpc-client.ts";
import { ToyConnector } from "../../fakes/toy-connector.ts";
import { serveInProcess, type ToyService } from "../../fakes/toy-service.ts";
import golden from "../../golden/certificates.json" with { type: "json" };

const { server, client } = createLocalCredentials(Date.now());

describe("the PEM forms", () => {
  test("hold the same key and certificates", () => {
    const pem = toPem(server);
    expect(new X509Certificate(pem.cert).raw).toEqual(server.cert);
    expect(new X509Certificate(pem.ca).raw).toEqual(server.caCert);
    const signature = sign(null, Buffer.from("text"), createPrivateKey(pem.key));
    expect(verify(null, Buffer.from("text"), new X509Certificate(server.cert).publicKey, signature)).toBe(
      true,
    );
  });

  test("refuse a key that cannot be right", () => {
    expect(() => toPem({ ...server, key: server.key.subarray(0, 32) })).toThrow("has 32 bytes");
  });
});

describe("a server", () => {
  let service: ToyService | undefined;

  afterEach(async () => {
    await service?.close();
    service = undefined;
  });

  /** What becomes of a plain TLS connection: the first bytes of HTTP/2, or why there are none. */
  async function handshake(choose: (own: Credential) => Credential | undefined, protocols = ["h2"]) {
    service = await serveInProcess(new ToyConnector());
    const credential = choose(service.clientCredential);
    const socket = connect({
      host: "127.0.0.1",
      port: service.port,
      ALPNProtocols: protocols,
      // The server's own certificate is not in question here.
      rejectUnauthorized: false,
      ...(credential === undefined ? {} : toPem(credential)),
    });
    const outcome = await Promise.race([
      once(socket, "data").then(() => `${String(socket.getProtocol())} ${String(socket.alpnProtocol)}`),
      once(socket, "close").then(() => "closed"),
    ]).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    socket.destroy();
    return outcome;
  }

  test("speaks HTTP/2 over TLS 1.3 with a client of its authority", async () => {
    expect(await handshake((own) => own)).toBe("TLSv1.3 h2");
  });

  test("refuses a client without a certificate", async () => {
    expect(await handshake(() => undefined)).toMatch(/certificate required|closed|ECONNRESET/);
  });

  test("refuses a client with a certificate of another authority", async () => {
    const outcome = await handshake(() => createLocalCredentials(Date.now()).client);
    expect(outcome).toMatch(/alert|closed|ECONNRESET/);
  });

  test("refuses a client that does not speak HTTP/2", async () => {
    expect(await handshake((own) => own, ["http/1.1"])).toMatch(/alert|closed|ECONNRESET/);
  });
});

describe("a client", () => {
  test("talks to a server of its authority, on this version of Node", async () => {
    const service = await serveInProcess(new ToyConnector());
    expect((await service.client.ask(ConnectorService.validate, {})).sdkVersion).toBe("v0.25.0");
    await service.close();
  });

  test("refuses a server of another authority", async () => {
    const service = await serveInProcess(new ToyConnector());
    const stranger = new TestClient(service.port, client);
    expect((await stranger.refused(ConnectorService.validate, {})).code).toBe(Code.Unavailable);
    stranger.close();
    await service.close();
  });

  test.each([
    ["accepts", "127.0.0.1", golden.loopback, Code.Ok],
    ["refuses", "127.0.0.2", golden.elsewhere, Code.Unavailable],
  ])("%s a server certificate for %s", async (_verb, _address, encoded, code) => {
    const credential = {
      caCert: Buffer.from(encoded.caCert, "base64"),
      cert: Buffer.from(encoded.cert, "base64"),
      key: Buffer.from(encoded.key, "base64"),
    };
    const service = await serveInProcess(new ToyConnector(), { credential });
    const peer = new TestClient(service.port, credential);
    const answer = peer.ask(ConnectorService.validate, {}).then(() => Code.Ok);
    expect(await answer.catch((error: { code: number }) => error.code)).toBe(code);
    peer.close();
    await service.close();
  });

  test("ignores a proxy from the environment", () => {
    expect(createClientTls(client).options["grpc.enable_http_proxy"]).toBe(0);
  });
});
