import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { createServerCertificate } from "../fakes/certificates.ts";
import { codecovAt, temporaryDirectory } from "./network.ts";

const { cert, key } = createServerCertificate();
const der = new X509Certificate(cert).raw;
const broken = cert.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA");

/** Files that OpenSSL takes without a word, and then does without. */
const useless: readonly (readonly [string, string | Buffer])[] = [
  ["a certificate in binary form", der],
  ["a text", "this is no certificate\n"],
  ["a key", key],
  ["nothing", ""],
  ["a damaged certificate before a good one", broken + cert],
  ["a damaged certificate behind a good one", cert + broken],
];

/** The two that a simple check lets through. */
const DER_AND_DAMAGED = useless.filter(([what]) => /binary|behind/.test(what));

async function run(args: readonly string[], settings: Readonly<Record<string, string>>) {
  const file = join(await temporaryDirectory(), "x.c1z");
  return await runProgram([...args, ...(args[0] === "serve" ? [] : ["-f", file])], {
    env: { ...codecovAt("https://127.0.0.1:1"), ...settings },
  });
}

// They were ignored, and the message then advised to set the variable.
test.each([
  ...useless.map(([what, content]) => ["SSL_CERT_FILE", what, content] as const),
  ["NODE_EXTRA_CA_CERTS", "a certificate in binary form", der] as const,
])("%s with %s ends with exit code 3 and names variable and file", async (variable, _what, content) => {
  const path = join(await temporaryDirectory(), "authority");
  await writeFile(path, content);
  const { code, stderr } = await run([], { [variable]: path });
  expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(`${variable} ${path}`) });
});

test.each(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])(
  "%s that names no file ends with exit code 3",
  async (variable) => {
    const { code, stderr } = await run([], { [variable]: "/nowhere/ca.pem" });
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(variable) });
    expect(stderr).toContain("no such file");
  },
);

test("several good certificates, with text around them, are taken", async () => {
  const path = join(await temporaryDirectory(), "authority.pem");
  await writeFile(path, `# ours\n${cert}\n# theirs\n${createServerCertificate().cert}`);
  // Nobody listens at that port, which is found out only after the file was read.
  const { code } = await run(["--max-wait=1s"], { SSL_CERT_FILE: path, NODE_EXTRA_CA_CERTS: path });
  expect(code).toBe(14);
});

test.each(DER_AND_DAMAGED)(
  "--tls-cert-path and --tls-client-ca-path with %s end with exit code 2",
  async (_what, content) => {
    const directory = await temporaryDirectory();
    const path = (name: string) => join(directory, name);
    await Promise.all([
      writeFile(path("good"), cert),
      writeFile(path("key"), key),
      writeFile(path("useless"), content),
    ]);
    const serve = (certificate: string, authority: string) =>
      run(
        [
          "serve",
          "--listen=127.0.0.1:0",
          `--tls-cert-path=${path(certificate)}`,
          `--tls-key-path=${path("key")}`,
          `--tls-client-ca-path=${path(authority)}`,
        ],
        {},
      );
    for (const [result, flag] of [
      [await serve("useless", "good"), "--tls-cert-path"],
      [await serve("good", "useless"), "--tls-client-ca-path"],
    ] as const) {
      expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(flag) });
    }
  },
);

test.each(DER_AND_DAMAGED)(
  "the collector's authority with %s ends with exit code 2",
  async (_what, content) => {
    const path = join(await temporaryDirectory(), "collector.pem");
    await writeFile(path, content);
    const { code, stderr } = await run([], {
      BATON_OTEL_COLLECTOR_ENDPOINT: "https://127.0.0.1:1",
      BATON_OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH: path,
    });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("tls-cert-path") });
  },
);
