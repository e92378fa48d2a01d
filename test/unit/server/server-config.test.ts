import { expect, test } from "vitest";
import { ServerConfig } from "#gen/c1/connector_wrapper/v1/connector_wrapper.ts";
import { Code } from "#kernel/errors.ts";
import { decodeStartupLine, encodeStartupLine } from "#wire/server-config.ts";

const CREDENTIAL = { caCert: Buffer.from("ca"), cert: Buffer.from("cert"), key: Buffer.alloc(64, 7) };

function lineOf(config: Parameters<typeof ServerConfig.fromPartial>[0]): string {
  return Buffer.from(ServerConfig.encode(ServerConfig.fromPartial(config)).finish()).toString("base64");
}

test("a start-up line says again what it was made from", () => {
  const line = encodeStartupLine({ credential: CREDENTIAL, listenPort: 40_123, sessionStorePort: 40_124 });
  expect(line).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
  expect(decodeStartupLine(line)).toEqual({
    credential: CREDENTIAL,
    listenPort: 40_123,
    sessionStorePort: 40_124,
    rateLimiter: undefined,
  });
});

test.each([
  ["is empty", ""],
  ["not padded standard base64", "*** not base64 ***"],
  ["not padded standard base64", "AAA"],
  ["not padded standard base64", "_-__"],
  ["does not contain a serialized ServerConfig", Buffer.from([0x0a, 0x7f, 0x01]).toString("base64")],
  ["no credential", lineOf({ listenPort: 1 })],
  ["no authority certificate", lineOf({ credential: { ...CREDENTIAL, caCert: Buffer.of() }, listenPort: 1 })],
  ["no certificate", lineOf({ credential: { ...CREDENTIAL, cert: Buffer.of() }, listenPort: 1 })],
  ["no private key", lineOf({ credential: { ...CREDENTIAL, key: Buffer.of() }, listenPort: 1 })],
  ["not a port number", lineOf({ credential: CREDENTIAL })],
  ["not a port number", lineOf({ credential: CREDENTIAL, listenPort: 65_536 })],
  ["not a port number", lineOf({ credential: CREDENTIAL, listenPort: 1, sessionStoreListenPort: 70_000 })],
])("a line is refused with the reason: %s", (problem, line) => {
  expect(() => decodeStartupLine(line)).toThrow(problem);
  expect(() => decodeStartupLine(line)).toThrow(expect.objectContaining({ code: Code.Unknown }));
});

test("no part of a credential appears in an error", () => {
  const key = Buffer.from("very-secret-key-material");
  const line = lineOf({ credential: { ...CREDENTIAL, key }, listenPort: 0 });
  let message = "";
  try {
    decodeStartupLine(line);
  } catch (error) {
    message = String(error);
  }
  expect(message).not.toBe("");
  expect(message).not.toContain("very-secret");
  expect(message).not.toContain(key.toString("base64"));
});
