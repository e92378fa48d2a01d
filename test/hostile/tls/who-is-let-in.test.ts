import { connect as connectHttp2, type SecureClientSessionOptions } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalCredentials } from "#launch/certs.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { runProgram, TOY } from "../../contract/program.ts";
import { Authority } from "../../fakes/certificates.ts";
import { startConnectorProcess, startServe, type Target } from "../support/servers.ts";

const authority = new Authority();
const good = authority.issue("leaf");

/** What a client shows and how it speaks. */
type Client = Pick<SecureClientSessionOptions, "cert" | "key" | "minVersion" | "maxVersion" | "ciphers">;

function show(credential: Credential): Client {
  const { cert, key } = toPem(credential);
  return { cert, key };
}

/** OpenSSL offers the old versions only to those who ask for no security at all. */
const OLD = { minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" } as const;

const CLIENTS: readonly [string, Client, "answered" | "refused"][] = [
  ["no certificate", {}, "refused"],
  ["a certificate of another authority", show(new Authority().issue("leaf")), "refused"],
  ["the certificate of another run of a host", show(createLocalCredentials(Date.now()).client), "refused"],
  ["an expired certificate", show(authority.issue("leaf", { fromDay: -9, toDay: -2 })), "refused"],
  ["a certificate of next week", show(authority.issue("leaf", { fromDay: 7, toDay: 9 })), "refused"],
  ["a certificate for servers only", show(authority.issue("leaf", { uses: ["server"] })), "refused"],
  ["TLS 1.0", { ...show(good), ...OLD, maxVersion: "TLSv1" }, "refused"],
  ["TLS 1.1", { ...show(good), ...OLD, maxVersion: "TLSv1.1" }, "refused"],
  ["TLS 1.2", { ...show(good), maxVersion: "TLSv1.2" }, "answered"],
  ["TLS 1.3", { ...show(good), minVersion: "TLSv1.3" }, "answered"],
];

/** Whether a call of `Validate` gets an answer. */
function ask(port: number, client: Client): Promise<"answered" | "refused"> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ...client, rejectUnauthorized: false });
  const { promise, resolve } = Promise.withResolvers<"answered" | "refused">();
  const refuse = () => resolve("refused");
  session.on("error", refuse).on("close", refuse);
  const call = session.request({
    ":method": "POST",
    ":path": "/c1.connector.v2.ConnectorService/Validate",
    "content-type": "application/grpc",
    te: "trailers",
  });
  call
    .on("response", () => resolve("answered"))
    .on("error", refuse)
    .end(Buffer.alloc(5));
  return promise.finally(() => session.destroy());
}

describe.each([
  ["serve", () => startServe(good)],
  ["the connector process", () => startConnectorProcess(good)],
])("%s", (_name, start) => {
  let target: Target;
  beforeAll(async () => {
    target = await start();
  });
  afterAll(() => target[Symbol.asyncDispose]());

  test.each(CLIENTS)("a client with %s", async (_what, client, outcome) => {
    expect(await ask(target.port, client)).toBe(outcome);
    expect(await ask(target.port, show(good))).toBe("answered");
  });
});

test.each([
  ["0.0.0.0:0"],
  ["[::]:0"],
  ["[::ffff:127.0.0.1]:0"],
  ["0x7f.1:0"],
  ["127.1:0"],
  ["example.com:0"],
])("serve without TLS on %s is refused", async (address) => {
  const args = ["serve", `--listen=${address}`, "--plaintext"];
  const { code, stderr } = await runProgram(args, { program: TOY, env: { BATON_TOY_TOKEN: "toy" } });
  expect({ code, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 2, lines: 1 });
});

test("serve without certificates and without --plaintext is refused", async () => {
  const { code } = await runProgram(["serve", "--listen=127.0.0.1:0"], {
    program: TOY,
    env: { BATON_TOY_TOKEN: "toy" },
  });
  expect(code).toBe(2);
});
