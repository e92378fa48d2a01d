import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createLocalCredentials } from "#launch/certs.ts";
import { toPem } from "#wire/tls.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 30);

describe("the local certificates", () => {
  const { server, client } = createLocalCredentials(NOW);
  const authority = new X509Certificate(server.caCert);
  const leaf = new X509Certificate(server.cert);

  it("come from one self-signed Ed25519 authority", () => {
    expect(authority.ca).toBe(true);
    expect(authority.subject).toBe("CN=c1-connector-ca");
    expect(authority.publicKey.asymmetricKeyType).toBe("ed25519");
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(client.caCert.equals(server.caCert)).toBe(true);
  });

  it("are leaves for the loopback addresses only, for both directions", () => {
    for (const { cert } of [server, client]) {
      const certificate = new X509Certificate(cert);
      expect(certificate.ca).toBe(false);
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.checkIssued(authority)).toBe(true);
      expect(certificate.subjectAltName).toBe("IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
      expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
      expect(certificate.checkIP("127.0.0.2")).toBeUndefined();
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    }
    expect(leaf.subject).toBe("CN=c1-connector-server");
  });

  it("are valid from a little before now for a year", () => {
    expect(leaf.validFromDate.getTime()).toBe(NOW - 10 * 60_000);
    expect(leaf.validToDate.getTime()).toBe(NOW + 365 * 24 * 60 * 60_000);
  });

  it("stay valid beyond the last year that UTCTime can write", () => {
    const late = new X509Certificate(createLocalCredentials(Date.UTC(2049, 5, 1)).server.cert);
    expect(late.validFromDate.getUTCFullYear()).toBe(2049);
    expect(late.validToDate.getUTCFullYear()).toBe(2050);
  });

  it("carry the private key as Go does, seed before public key", () => {
    expect(server.key).toHaveLength(64);
    const { key } = toPem(server);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(client.key.equals(server.key)).toBe(false);
  });

  it("never repeat a serial number, whatever its first byte", () => {
    const serials = Array.from({ length: 300 }, () => createLocalCredentials(NOW).server.cert).map(
      (cert) => new X509Certificate(cert).serialNumber,
    );
    expect(new Set(serials).size).toBe(300);
    expect(serials.some((serial) => serial.startsWith("-"))).toBe(false);
  });
});

describe("a handshake with the local certificates", () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  async function serve() {
    const credentials = createLocalCredentials(Date.now());
    const server = createServer({
      ...toPem(credentials.server),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
    });
    server.on("secureConnection", (socket) => socket.end("hello"));
    const refused: string[] = [];
    server.on("tlsClientError", (error) => refused.push(error.message));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return { port: address.port, credentials, refused };
  }

  async function greet(socket: TLSSocket): Promise<string> {
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text;
  }

  it("succeeds between the two leaves over TLS 1.3", async () => {
    const { port, credentials } = await serve();
    const socket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], ...toPem(credentials.client) });
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    expect(socket.getProtocol()).toBe("TLSv1.3");
    await expect(greet(socket)).resolves.toBe("hello");
  });

  it("fails for a client of another authority", async () => {
    const { port, credentials, refused } = await serve();
    const stranger = toPem(createLocalCredentials(Date.now()).client);
    const { ca } = toPem(credentials.client);
    const socket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], ...stranger, ca });
    // TLS 1.3 lets the client finish before the server has judged its certificate.
    await expect(greet(socket).catch(() => "")).resolves.toBe("");
    expect(refused).toEqual([expect.stringMatching(/certificate|signature|verify/u)]);
  });
});
