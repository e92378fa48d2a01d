import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { startProgram } from "../../contract/program.ts";
import { waitFor } from "../../contract/service-scene.ts";
import { commandBlocks, hasCommand, makeDirectory, readDocument } from "./snippets.ts";

const blocks = commandBlocks(readDocument("docs/certificates.md"));
const recipe = blocks.filter((block) => !/^(baton-codecov|grpcurl)/.test(block)).join("\n");
const [serve = ""] = blocks.find((block) => block.startsWith("baton-codecov serve"))?.split("\n\n") ?? [];

test.skipIf(!hasCommand("openssl", "version"))(
  "the recipe makes certificates with which serve lets its clients in, and nobody else",
  async () => {
    const directory = await makeDirectory();
    expect(recipe).toContain("openssl verify");
    execFileSync("sh", ["-ec", recipe], { cwd: directory, stdio: "pipe" });

    const words = serve.replaceAll("\\\n", " ").trim().split(/\s+/).slice(1);
    const program = startProgram(
      words.map((word) => (word.startsWith("0.0.0.0:") ? "127.0.0.1:0" : word)),
      {
        cwd: directory,
        env: { BATON_CODECOV_API_TOKEN: "t", BATON_CODECOV_SERVICE: "github", BATON_CODECOV_OWNER: "acme" },
      },
    );
    try {
      const port = await waitFor(() => {
        const found = /"address":"127\.0\.0\.1:(\d+)"/.exec(program.stderr())?.[1];
        if (found === undefined) throw new Error(program.stderr());
        return Number(found);
      });
      const read = (name: string) => readFileSync(join(directory, name));
      const ca = read("ca.pem");
      const client = { cert: read("client.pem"), key: read("client.key") };
      expect(await reach(port, { ca, ...client })).toBe("open");
      expect(await reach(port, { ca })).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET/);
      // The server's certificate is none of a client.
      expect(await reach(port, { ca, cert: read("server.pem"), key: read("server.key") })).not.toBe("open");
    } finally {
      program.process.kill("SIGTERM");
      await program.result;
    }
  },
);

/** How every client of HTTP/2 begins: the preface, and settings that change nothing. */
const FIRST_WORDS = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** Whether the server keeps a connection, or the error with which it ends. */
function reach(
  port: number,
  options: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer },
): Promise<string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      port,
      host: "127.0.0.1",
      servername: "connector.example.com",
      ALPNProtocols: ["h2"],
      ...options,
    });
    socket.once("secureConnect", () => socket.write(FIRST_WORDS));
    // In TLS 1.3 the refusal comes after the handshake, so only an answer tells that the client was taken.
    socket.once("data", () => {
      resolve("open");
      socket.destroy();
    });
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : error.message));
    socket.once("close", () => resolve("closed"));
  });
}
