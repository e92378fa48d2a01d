import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findPackages } from "#package/tools/components.ts";
import { collectNotices, formatNotices, readNodeNotice } from "#package/tools/licenses.ts";
import { makeSbom } from "#package/tools/sbom.ts";
import { findUnpinnedImages } from "../../scripts/base-images.ts";
import { checkSbom } from "../../scripts/check-sbom.ts";
import { makeTempDir } from "../unit/store/support.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const TEXT = "Permission is granted. ".repeat(30);

/** A checkout with a bundle of these files, all of which are in the bundle unless they are empty. */
async function makeCheckout(files: Readonly<Record<string, { imports?: string[]; bytes?: number }>>) {
  const root = await makeTempDir();
  const inputs = Object.fromEntries(
    Object.entries(files).map(([path, { imports = [], bytes = 1 }]) => [
      path,
      { bytes, imports: imports.map((imported) => ({ path: imported, kind: "require-call" as const })) },
    ]),
  );
  const contained = Object.fromEntries(
    Object.entries(inputs).map(([path, { bytes }]) => [path, { bytesInOutput: bytes }]),
  );
  const output = { bytes: 1, inputs: contained, imports: [], exports: [] };
  return { root, metafile: { inputs, outputs: { "out.cjs": output } } };
}

function addFile(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function addPackage(root: string, folder: string, fields: object, texts: Record<string, string>): void {
  addFile(root, `${folder}/package.json`, JSON.stringify(fields));
  for (const [name, text] of Object.entries(texts)) addFile(root, `${folder}/${name}`, text);
}

/** One package inside another, one of two names, and one that was left out of the bundle. */
async function makeUsualCheckout() {
  const checkout = await makeCheckout({
    "src/main.ts": { imports: ["node_modules/outer/index.js", "node_modules/unused/index.js"] },
    "node_modules/outer/index.js": {
      imports: ["node_modules/outer/node_modules/@in/ner/a.js", "node_modules/unused/index.js"],
    },
    "node_modules/outer/node_modules/@in/ner/a.js": {},
    "node_modules/unused/index.js": { bytes: 0 },
  });
  const { root } = checkout;
  addPackage(
    root,
    "node_modules/outer",
    { name: "outer", version: "1.0.0", license: "MIT" },
    { LICENSE: TEXT },
  );
  addPackage(
    root,
    "node_modules/outer/node_modules/@in/ner",
    { name: "@in/ner", version: "2.0.0", license: "Apache-2.0" },
    { "license.md": TEXT, NOTICE: "Made by somebody" },
  );
  return checkout;
}

describe("the licence texts", () => {
  // One had an empty text.
  test("of a package that ships none fail the build, unless one is kept", async () => {
    const { root, metafile } = await makeCheckout({ "node_modules/bare/index.js": {} });
    addPackage(root, "node_modules/bare", { name: "bare", version: "1.0.0", license: "MIT" }, {});
    const { packages } = findPackages(root, metafile);
    expect(() => collectNotices(root, packages)).toThrow("bare");
    addFile(root, "node_modules/bare/LICENSE", "\n");
    expect(() => collectNotices(root, packages)).toThrow("bare");
    const [kept] = collectNotices(
      root,
      packages.map((entry) => ({ ...entry, name: "@bufbuild/protobuf" })),
    );
    expect(kept?.text).toContain("Copyright 2008 Google Inc.");
    expect(kept?.text).toContain("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION");
  });

  test("are those of the packages in the bundle, with their notices", async () => {
    const { root, metafile } = await makeUsualCheckout();
    const notices = collectNotices(root, findPackages(root, metafile).packages);
    expect(notices.map(({ title }) => title)).toEqual(["@in/ner 2.0.0 (Apache-2.0)", "outer 1.0.0 (MIT)"]);
    expect(notices[0]?.text).toContain("Made by somebody");
  });

  // None of these was in the file beside the executable.
  test("of Node are all in one file, which comes with Node", () => {
    const { title, text } = readNodeNotice(process.execPath, process.version);
    expect(title).toBe(`Node.js ${process.version}`);
    for (const part of ["Node.js", "V8", "OpenSSL", "ICU", "nghttp2", "zlib", "llhttp", "Unicode"]) {
      expect(text).toContain(part);
    }
  });

  test("of a Node that came without them fail the build", async () => {
    const directory = await makeTempDir();
    addFile(directory, "bin/node", "");
    expect(() => readNodeNotice(join(directory, "bin", "node"), "v1")).toThrow(
      "Node's licence is in none of",
    );
  });
});

describe("the bill of materials", () => {
  async function write(node?: string) {
    const { root, metafile } = await makeUsualCheckout();
    const file = join(root, "dist", "program.cjs");
    addFile(root, "dist/program.cjs", "the program");
    const program = { name: "program", version: "3.0.0" };
    const contained = findPackages(root, metafile);
    const embedded =
      node === undefined ? undefined : { versions: { node, v8: "14.0", modules: "147", nghttp3: "" } };
    const sbom = makeSbom({ ...program, description: "It runs", license: "MIT", file }, contained, embedded);
    addFile(root, "dist/program.cdx.json", JSON.stringify(sbom));
    const notices = collectNotices(root, contained.packages);
    const ofNode = node === undefined ? [] : [{ title: `Node.js v${node}`, text: TEXT }];
    addFile(root, "dist/THIRD_PARTY_LICENSES.txt", formatNotices([...ofNode, ...notices]));
    return { root, file, program, sbom };
  }

  test("lists what is in the bundle, what that needs, and nothing that was left out", async () => {
    const { file, program, sbom } = await write();
    expect(checkSbom({ file, program, node: undefined })).toBe(2);
    expect(sbom).toMatchObject({
      components: [
        { group: "@in", name: "ner", version: "2.0.0", purl: "pkg:npm/%40in/ner@2.0.0" },
        { name: "outer", version: "1.0.0", licenses: [{ license: { id: "MIT" } }] },
      ],
      dependencies: [
        { ref: "pkg:npm/program@3.0.0", dependsOn: ["pkg:npm/outer@1.0.0"] },
        { ref: "pkg:npm/%40in/ner@2.0.0", dependsOn: [] },
        { ref: "pkg:npm/outer@1.0.0", dependsOn: ["pkg:npm/%40in/ner@2.0.0"] },
      ],
    });
  });

  test("of an executable lists Node and its parts", async () => {
    const { file, program, sbom } = await write("26.0.0");
    expect(checkSbom({ file, program, node: "26.0.0" })).toBe(3);
    expect(sbom).toMatchObject({
      components: [
        { name: "node", version: "26.0.0", components: [{ name: "v8", version: "14.0" }] },
        {},
        {},
      ],
    });
  });

  test("is refused beside another artefact, another Node or another set of texts", async () => {
    const { root, file, program } = await write("26.0.0");
    expect(() => checkSbom({ file, program, node: "26.0.1" })).toThrow("for Node");
    expect(() => checkSbom({ file, program: { ...program, version: "3.0.1" }, node: "26.0.0" })).toThrow(
      "for version",
    );
    addFile(root, "dist/THIRD_PARTY_LICENSES.txt", `Node.js v26.0.0\n\n${TEXT}\n`);
    expect(() => checkSbom({ file, program, node: "26.0.0" })).toThrow("has no licence text");
    addFile(root, "dist/program.cjs", "another program");
    expect(() => checkSbom({ file, program, node: "26.0.0" })).toThrow("for hash");
  });

  test("is the same for the same artefact", async () => {
    expect((await write("26.0.0")).sbom).toEqual((await write("26.0.0")).sbom);
  });
});

describe("a release", () => {
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

  test("finds every image that a tag alone names", () => {
    const images = findUnpinnedImages(
      `# syntax=docker/dockerfile:1
FROM --platform=linux/amd64 node:26-bookworm AS build
FROM build AS tested
COPY --from=build /out /
COPY --from=busybox:1 /bin/sh /bin/sh
COPY --from=0 /out /
FROM node:26@${digest} AS pinned
FROM scratch`,
    );
    expect(images).toEqual([
      { reference: "docker/dockerfile:1", line: 1 },
      { reference: "node:26-bookworm", line: 2 },
      { reference: "busybox:1", line: 5 },
    ]);
  });

  test("is refused while the images of the Dockerfile are not pinned", async () => {
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [join(ROOT, "scripts", "check-release.ts"), ...args], {
        encoding: "utf8",
        stdio: "pipe",
      });
    const directory = await makeTempDir();
    addFile(directory, "Dockerfile", "FROM node:26");
    expect(() => run(join(directory, "Dockerfile"))).toThrow("node:26 is not pinned");
    addFile(directory, "Dockerfile", `FROM node:26@${digest}`);
    expect(run(join(directory, "Dockerfile"))).toContain("0 not pinned");
  });
});
