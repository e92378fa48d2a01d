import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { readErrorText } from "#http/error-text.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { runProgram } from "../contract/program.ts";

const TOKEN = "10a4c7c9-fc52-46d6-8367-31f5a0c2be94";

/** A piece of the token that is too long to be there by chance. */
const TELLING = 5;

function findPart(text: string, secret = TOKEN): string | undefined {
  for (let at = 0; at + TELLING <= secret.length; at += 1) {
    const part = secret.slice(at, at + TELLING);
    if (text.includes(part)) return part;
  }
  return undefined;
}

const redactor = new Redactor();
redactor.register(new Secret(TOKEN));
const redact = (text: string) => redactor.redact(text);

const BODIES: Readonly<Record<string, (text: string) => string>> = {
  "a detail": (text) => JSON.stringify({ detail: text }),
  "a field": (text) => JSON.stringify({ [text]: ["is wrong"] }),
  "plain text": (text) => text,
  "a title": (text) => `<!doctype html><html><title>${text}</title></html>`,
  "a title that never ends": (text) => `<!doctype html><html><title>${text}`,
};

// Error texts were cut at 300 characters before secrets were taken out: up to 18 of 36 characters were printed.
test.each(Object.keys(BODIES))(
  "an error body tells no part of the token wherever it stands in %s",
  (kind) => {
    for (let position = 0; position < 400; position += 1) {
      const body = BODIES[kind]?.(`${"x ".repeat(position / 2)}${TOKEN} and more`) ?? "";
      const said = readErrorText(Buffer.from(body), redact);
      expect({ position, part: findPart(said) }).toEqual({ position, part: undefined });
      expect(said.length).toBeLessThan(400);
    }
  },
);

test("nor at the place where the part of a body ends that is looked at", () => {
  for (let position = 64 * 1024 - 60; position < 64 * 1024 + 5; position += 1) {
    for (const make of Object.values(BODIES)) {
      expect(
        findPart(readErrorText(Buffer.from(make(" ".repeat(position) + TOKEN)), redact)),
      ).toBeUndefined();
    }
  }
});

test("the base64 of a token is recognised within that of anything longer", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (before, after) => {
      const credentials = Buffer.concat([before, Buffer.from(TOKEN), after]);
      for (const encoding of ["base64", "base64url"] as const) {
        const told = redactor
          .redact(`Basic ${credentials.toString(encoding)}.`)
          .replaceAll("[redacted]", " ");
        for (const piece of told.split(" ")) {
          for (let skip = 0; skip < 4; skip += 1) {
            expect(findPart(Buffer.from(piece.slice(skip), "base64").toString("latin1"))).toBeUndefined();
          }
        }
      }
    }),
  );
});

test("a line is cut behind its secrets, at every position", () => {
  const lines: string[] = [];
  const log = createLogger({ redactor, write: (line) => lines.push(line) });
  for (let position = 4_000; position < 4_110; position += 1) {
    expect(findPart(redactor.toLine("x".repeat(position) + TOKEN))).toBeUndefined();
  }
  for (let position = 8_100; position < 8_200; position += 1) {
    log.info("said", { text: "x".repeat(position) + TOKEN, [TOKEN]: { [TOKEN]: 1 } });
  }
  expect(lines).toHaveLength(100);
  for (const line of lines) expect(findPart(line.replace(`"${TOKEN}":{`, "{"))).toBeUndefined();
});

test("a server that repeats the request's header near the cut learns nothing to the screen", async () => {
  const server = createServer(({ headers }, response) => {
    const said = `${"x".repeat(255)} Authorization: ${headers.authorization}`;
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ detail: said }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const cwd = await mkdtemp(join(tmpdir(), "baton-echo-"));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const { code, stdout, stderr } = await runProgram(["--log-level=debug"], {
    cwd,
    env: {
      BATON_CODECOV_API_TOKEN: TOKEN,
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: `http://127.0.0.1:${port}`,
    },
  });
  expect({ code, stderr }).toMatchObject({
    code: 7,
    stderr: expect.stringContaining("Authorization: Bearer"),
  });
  expect(findPart(stdout + stderr)).toBeUndefined();
});
