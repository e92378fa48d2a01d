import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import type { SecretOrigin } from "#kernel/secret-file.ts";
import { SecretSource } from "#kernel/secret-source.ts";

function sourceOf(origin: SecretOrigin, register?: (secret: Secret) => void): SecretSource {
  const names = { setting: "--acme-token", fileSetting: "--acme-token-file", what: "an API token" };
  return new SecretSource(origin, { ...names, register });
}

describe("a secret of a setting", () => {
  it("is used without the blanks around it", async () => {
    expect((await sourceOf({ value: new Secret(" abc\n") }).get()).reveal()).toBe("abc");
  });

  it("from a file is made known, so that no output shows it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "baton-token-"));
    onTestFinished(async () => rm(folder, { recursive: true }));
    const file = join(folder, "token");
    await writeFile(file, "first\n");
    const known: string[] = [];
    const source = sourceOf({ file }, (secret) => known.push(secret.reveal()));
    const first = await source.get();
    expect(await source.replace(first)).toBe(false);
    await writeFile(file, "second\n");
    expect(await source.replace(first)).toBe(true);
    expect(new Set(known)).toEqual(new Set(["first", "second"]));
  });

  it.each(["", "\n", " \t"])("is missing if there is nothing but %j", async (text) => {
    await expect(sourceOf({ value: new Secret(text) }).get()).rejects.toMatchObject({
      code: Code.InvalidArgument,
      message: expect.stringContaining("--acme-token is empty"),
    });
  });

  it("given directly is never replaced", async () => {
    const source = sourceOf({ value: new Secret("abc") });
    expect(await source.replace(await source.get())).toBe(false);
  });
});
