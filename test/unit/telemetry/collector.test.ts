import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { type CollectorSettings, readCollector } from "#telemetry/otel-collector.ts";
import { createServerCertificate } from "../../fakes/certificates.ts";

const PEM = createServerCertificate().cert;
const BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

function read(settings: Partial<CollectorSettings>) {
  return readCollector({ endpoint: "collector:4317", insecure: false, ...settings });
}

describe("the endpoint", () => {
  test.each([
    ["collector:4317", "collector:4317", true],
    ["collector", "collector:4317", true],
    ["https://collector:443", "collector:443", true],
    ["HTTP://10.0.0.7/", "10.0.0.7:4317", false],
    [" [::1]:55680 ", "[::1]:55680", true],
  ])("%j is %s, with TLS: %s", (endpoint, address, secure) => {
    const collector = read({ endpoint });
    expect(collector.address).toBe(address);
    expect(collector.tls !== undefined).toBe(secure);
  });

  test.each([
    "",
    "collector:port",
    "ftp://collector",
    "collector:4317/v1",
    "user:word@collector:4317",
    "a b",
    "collector:70000",
    "collector:0",
    "[::::]:4317",
    "10.0.0.999:4317",
  ])("%j is refused without being repeated", (endpoint) => {
    expect(() => read({ endpoint })).toThrow(
      expect.objectContaining({ code: Code.Unknown, message: expect.not.stringContaining("word") }),
    );
  });
});

test("the authority is taken as PEM, in base64url or plain, and not at all without TLS", () => {
  expect(read({ ca: Buffer.from(PEM).toString("base64url") }).tls?.ca?.toString()).toBe(PEM);
  expect(read({ ca: PEM }).tls?.ca?.toString()).toBe(PEM);
  expect(read({}).tls).toEqual({ ca: undefined });
  expect(read({ ca: PEM, insecure: true }).tls).toBeUndefined();
});

test.each([
  [{ ca: "bm90IGEgY2VydGlmaWNhdGU" }, "-tls-cert: the value contains no PEM certificate"],
  [{ ca: BROKEN }, "-tls-cert: the value contains an unreadable certificate"],
  [{ caPath: "/nowhere/ca.pem" }, "-tls-cert-path: cannot read /nowhere/ca.pem: there is no such file"],
  [{ ca: PEM, caPath: "/etc/ca.pem" }, "cannot be combined"],
])("%j is refused with what is wrong", (settings, message) => {
  expect(() => read(settings)).toThrow(message);
});
