import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import { parseClientId, parseClientSecret } from "#service/c1-credentials.ts";
import { findC1Address, findHostId } from "#service/c1-environment.ts";

const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });

function secretOf(value: unknown, version = "v1"): Secret {
  const encoded = Buffer.from(JSON.stringify(value)).toString("base64url");
  return new Secret(`secret-token:conductorone.com:${version}:${encoded}`);
}

test.each([
  ["strange-hydra-68836@acme.conductor.one/pcc", "strange-hydra-68836", "acme.conductor.one"],
  ["name@host:8443/spc", "name", "host:8443"],
  ["a@b@c/d/e", "a", "b@c"],
])("%s names the client %s at %s", (text, name, host) => {
  expect(parseClientId(text)).toEqual({ text, name, host });
});

test.each(["", "name", "name@host", "name/host", "/x@host", "name@/x"])("%j is no client id", (text) => {
  expect(() => parseClientId(text)).toThrow(
    expect.objectContaining({ code: Code.Unknown, message: expect.stringContaining("--client-id") }),
  );
});

test("a client secret gives the key it holds, with its id if it has one", () => {
  expect(parseClientSecret(secretOf(jwk))).toMatchObject({ id: undefined });
  expect(parseClientSecret(secretOf({ ...jwk, kid: "k1" }))).toMatchObject({ id: "k1" });
});

test.each<[string, Secret]>([
  ["another version", secretOf(jwk, "v2")],
  ["no version", new Secret(`a:b:${Buffer.from(JSON.stringify(jwk)).toString("base64url")}`)],
  ["a public key", secretOf({ ...jwk, d: undefined })],
  ["another curve", secretOf({ ...jwk, crv: "X25519" })],
  ["another kind of key", secretOf({ ...jwk, kty: "EC" })],
  ["a key that is too short", secretOf({ ...jwk, d: "c2hvcnQ" })],
  [
    "halves that do not match",
    secretOf({ ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }), d: jwk.d }),
  ],
  ["padded base64", new Secret(`a:b:v1:${Buffer.from(JSON.stringify(jwk)).toString("base64")}==`)],
  ["no JSON", new Secret("a:b:v1:bm9uc2Vuc2U")],
  ["JSON null", secretOf(null)],
])("a secret with %s is refused in words that do not tell it", (_, secret) => {
  expect(() => parseClientSecret(secret)).toThrow(
    /^--client-secret: invalid client secret; copy it from C1 in full$/,
  );
});

test.each([
  ["acme.conductor.one", {}, "acme.conductor.one:443"],
  ["acme.conductor.one:8443", {}, "acme.conductor.one:8443"],
  ["acme.conductor.one", { BATON_C1_API_HOST: "proxy.example:444" }, "proxy.example:444"],
  ["acme.conductor.one", { BATON_C1_API_HOST: "" }, "acme.conductor.one:443"],
])("the client host %s with %j is reached at %s", (host, env, address) => {
  expect(findC1Address({ text: "", name: "", host }, env)).toBe(address);
});

test("an instance is named by its variable, else by its machine, and never has an empty or endless name", () => {
  expect(findHostId({ BATON_HOST_ID: "pod-1" })).toBe("pod-1");
  expect(findHostId({ BATON_HOST_ID: "" })).toBe("baton-sdk");
  expect(findHostId({})).not.toBe("");
  expect(findHostId({ BATON_HOST_ID: "x".repeat(300) })).toHaveLength(256);
});
