import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findCommit } from "#package/tools/commit.ts";

const HASH = "0123456789abcdef0123456789abcdef01234567";

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-commit-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test("the variable names the commit where there is no repository, as in the container image", async () => {
  expect(findCommit(await makeDirectory(), { BUILD_COMMIT: HASH })).toBe(HASH);
});

test("without a repository and without the variable it is unknown", async () => {
  for (const env of [{}, { BUILD_COMMIT: "" }, { BUILD_COMMIT: "unknown" }]) {
    expect(findCommit(await makeDirectory(), env)).toBe("unknown");
  }
});

test("anything else in the variable fails the build", () => {
  expect(() => findCommit(".", { BUILD_COMMIT: "main; rm" })).toThrow("BUILD_COMMIT");
});
