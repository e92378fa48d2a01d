import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "#cli/program.ts";
import { Code } from "#kernel/errors.ts";
import { Redactor } from "#kernel/secret.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import { toPem } from "#wire/tls.ts";
import { toy } from "../../fakes/toy-definition.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "serve-"));
  const own = toPem(createLocalCredentials(Date.now()).server);
  const other = toPem(createLocalCredentials(Date.now()).server);
  const files = { cert: own.cert, key: own.key, ca: own.ca, otherKey: other.key, nonsense: "nonsense" };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function serve(...flags: readonly string[]): Promise<number> {
  const argv = ["serve", "--toy-token=t", ...flags];
  return runProgram({ definition: toy, version: "0.0.0" }, argv, new Redactor());
}

test.each([
  [["--plaintext", "--listen=0.0.0.0:0"], "--plaintext is for loopback and Unix sockets only"],
  [["--plaintext", "--listen=example.com:1"], "--plaintext is for loopback and Unix sockets only"],
  [["--plaintext", "--listen=[::]:1"], "--plaintext is for loopback and Unix sockets only"],
  [["--plaintext", "--tls-cert-path=/a"], "--plaintext cannot be combined with the --tls-… settings"],
  [[], "serve needs --tls-cert-path, --tls-key-path and --tls-client-ca-path, or --plaintext"],
  [["--tls-cert-path=/a"], "serve needs --tls-cert-path, --tls-key-path and --tls-client-ca-path"],
  [["--listen=0.0.0.0:1"], /--tls-client-ca-path$/],
  [["--listen=nonsense"], "--listen: value must be host:port or unix:/path"],
])("serve %j is refused before anything listens", async (flags, sentence) => {
  await expect(serve(...flags)).rejects.toMatchObject({ code: Code.Unknown });
  await expect(serve(...flags)).rejects.toThrow(sentence);
});

test.each([
  ["none", "key", "ca", "--tls-cert-path: cannot read"],
  ["cert", "none", "ca", "--tls-key-path: cannot read"],
  ["nonsense", "key", "ca", "--tls-cert-path contains no PEM certificate"],
  ["cert", "nonsense", "ca", "--tls-key-path contains no unencrypted PEM private key"],
  ["cert", "key", "nonsense", "--tls-client-ca-path contains no PEM certificate"],
  ["cert", "otherKey", "ca", "the private key of --tls-key-path does not belong to the certificate"],
])("TLS with the files %s, %s and %s is refused before anything listens", async (cert, key, ca, sentence) => {
  const flags = Object.entries({ cert, key, "client-ca": ca }).map(
    ([name, file]) => `--tls-${name}-path=${join(directory, file)}`,
  );
  await expect(serve(...flags)).rejects.toThrow(sentence);
});
