import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { type ClientName, describeClient, isAllowed, parseClientName } from "#server/client-names.ts";
import { type AlternativeName, Authority } from "../../fakes/certificates.ts";

const authority = new Authority("names");

function certificateOf(subject: string | undefined, ...names: readonly AlternativeName[]): X509Certificate {
  return new X509Certificate(authority.issue(subject, { names }).cert);
}

function allow(...texts: readonly string[]): ClientName[] {
  return texts.map((text) => parseClientName(text)).filter((name) => name !== undefined);
}

test.each([
  ["agent.example", "DNS", "agent.example"],
  ["DNS:Agent.Example", "DNS", "agent.example"],
  ["agent", "DNS", "agent"],
  ["spiffe://acme.example/ns/a/sa/b", "URI", "spiffe://acme.example/ns/a/sa/b"],
  ["urn:acme:agent", "URI", "urn:acme:agent"],
  ["URI:dns:agent.example", "URI", "dns:agent.example"],
  ["Jo@Acme.Example", "email", "Jo@acme.example"],
  ["email:jo@acme.example", "email", "jo@acme.example"],
])("%s is a name of the kind it looks like, or says it is", (text, kind, value) => {
  expect(parseClientName(text)).toEqual({ kind, value });
});

test.each([
  "*.acme.example",
  "DNS:*",
  "10.0.0.1",
  "::1",
  "IP:10.0.0.1 ",
  "DNS:",
  "URI:agent",
  "email:agent",
  "a b",
  "a@b@c",
  "",
])("%j is no name", (text) => {
  expect(parseClientName(text)).toBeUndefined();
});

test("a client is let in by any name of the same kind, and by nothing else", () => {
  const client = certificateOf("boss.example", ["DNS", "Agent.example"], ["URI", "spiffe://acme/agent"]);
  expect(isAllowed(client, allow("agent.example"))).toBe(true);
  expect(isAllowed(client, allow("other.example", "spiffe://acme/agent"))).toBe(true);
  expect(isAllowed(client, allow("spiffe://acme/Agent"))).toBe(false);
  expect(isAllowed(client, allow("URI:agent:example", "agent@example"))).toBe(false);
  // The subject's common name is no alternative name.
  expect(isAllowed(client, allow("boss.example"))).toBe(false);
  expect(isAllowed(certificateOf("agent.example"), allow("agent.example"))).toBe(false);
});

test.each(["a.example, DNS:agent.example", 'a", DNS:agent.example', "a\\, URI:x:y, DNS:agent.example"])(
  "a name that holds others, %j, is none of them",
  (value) => {
    const names: AlternativeName[] = [
      ["DNS", value],
      ["URI", `x:${value}`],
      ["email", `${value}@x`],
    ];
    for (const name of names) {
      expect(isAllowed(certificateOf("x", name), allow("agent.example"))).toBe(false);
      // What stands beside it is still read.
      const both = certificateOf("x", name, ["URI", "spiffe://acme/agent"]);
      expect(isAllowed(both, allow("spiffe://acme/agent"))).toBe(true);
    }
  },
);

test("a client is described by its subject in one line, or by its names if it has none", () => {
  expect(describeClient(certificateOf("agent\nCN=boss"))).not.toContain("\n");
  expect(describeClient(certificateOf("agent", ["DNS", "x"]))).toBe("CN=agent");
  expect(describeClient(certificateOf(undefined, ["URI", "spiffe://acme/agent"]))).toContain(
    "URI:spiffe://acme/agent",
  );
});
