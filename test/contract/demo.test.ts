import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../unit/docs/snippets.ts";

test("the demo shows the members and the coverage of a simulated organization", {
  timeout: 120_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), "baton-demo-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const demo = [join(root, "scripts", "demo.ts"), directory];
  const { stdout } = await promisify(execFile)(process.execPath, demo, {
    env: { PATH: process.env["PATH"] },
  });

  expect(stdout).toContain("member-0000020");
  expect(stdout).toContain("… and 980 more");
  expect(stdout).toMatch(/^ +billing +52\.43 % .* below minimum$/m);
  expect(stdout).toMatch(/^ +mobile-app .* declining$/m);
  expect(stdout).toMatch(/^ +docs +– +–/m);
  expect(stdout).toContain("in 6 repositories; 6 not measured");
  const page = /file:\/\/(\S+demo\.html)/.exec(stdout)?.[1] ?? "";
  expect(await readFile(page, "utf8")).toContain("mobile-app");
  expect((await readdir(directory)).toSorted()).toEqual(["demo.c1z", "demo.db", "demo.html"]);
});
