/**
 * `npm run check:package`: packs the npm package of `build/package`, looks at what is in it, lints it, installs it into an
 * empty project and starts it from there. Checks the bills of materials and the licence texts of the package and of
 * the executable, if that was built. Lints the package of the SDK, if that was built, and looks at what it brings with it;
 * `npm run check:sdk` tries it out.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageFile from "../package.json" with { type: "json" };
import { checkSbom } from "./check-sbom.ts";

const root = join(import.meta.dirname, "..");
const staged = join(root, "build", "package");
const EXPECTED = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "baton_capabilities.json",
  "bin/baton-codecov.js",
  "config_schema.json",
  "dist/THIRD_PARTY_LICENSES.txt",
  "dist/baton-codecov.cdx.json",
  "dist/baton-codecov.cjs",
  "package.json",
];

const work = mkdtempSync(join(tmpdir(), "baton-codecov-package-"));
try {
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--pack-destination", work, "--ignore-scripts"], staged),
  ) as [{ filename: string; size: number; files: { path: string }[] }];
  const found = packed.files.map((file) => file.path).sort();
  if (found.join("\n") !== EXPECTED.join("\n")) {
    throw new Error(`the package holds\n  ${found.join("\n  ")}\nand not\n  ${EXPECTED.join("\n  ")}`);
  }
  const tarball = join(work, packed.filename);
  checkManifest(JSON.parse(run("tar", ["-xOf", tarball, "package/package.json"], work)));

  console.log(run("publint", ["run", tarball, "--strict"], root).trim());
  // The package is a program without exports, so there are no types to resolve: the tool has to find just that.
  console.log(run("attw", [tarball, "--no-emoji", "--no-color"], root).trim());

  writeFileSync(join(work, "package.json"), '{"private":true}');
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", tarball], work);
  const program = join(work, "node_modules", ".bin", "baton-codecov");
  checkInstalled(readdirSync(join(work, "node_modules")));
  console.log(run(program, ["--version"], work).trim());
  run(program, ["capabilities"], work);
  const installed = join(work, "node_modules", "baton-codecov", "dist", "baton-codecov.cjs");
  checkBill(installed, undefined);
  const executable = join(
    root,
    "build",
    process.platform === "win32" ? "baton-codecov.exe" : "baton-codecov",
  );
  if (existsSync(executable)) checkBill(executable, process.versions.node);
  else console.log("no executable was built, so its bill of materials is not checked");
  console.log(`package: ${found.length} files, ${(packed.size / 1e3).toFixed(0)} kB`);
  const sdk = join(root, "build", `baton-connector-sdk-${packageFile.version}.tgz`);
  if (existsSync(sdk)) checkSdk(sdk);
  else console.log("the package of the SDK was not built, so it is not checked");
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Types and entries resolve for whoever imports them, and what the package depends on is what its code imports. */
function checkSdk(tarball: string): void {
  console.log(run("publint", ["run", tarball, "--strict"], root).trim());
  console.log(run("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--no-color"], root).trim());
  const manifest: { dependencies: object; peerDependencies: object } = JSON.parse(
    run("tar", ["-xOf", tarball, "package/package.json"], work),
  );
  const all = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const name of ["vitest", "typescript"]) {
    if (all.includes(name))
      throw new Error(`the SDK brings ${name} with it, which is for projects to choose`);
  }
  const files = run("tar", ["-tf", tarball], work).split("\n");
  const strange = files.filter((file) => /codecov/i.test(file));
  if (strange.length > 0) throw new Error(`the SDK holds ${strange.join(", ")}`);
  console.log(`SDK: ${files.length} files, ${Object.keys(manifest.dependencies).length} dependencies`);
}

/** @param node version of the Node in the artefact */
function checkBill(file: string, node: string | undefined): void {
  const { name, version } = packageFile;
  const components = checkSbom({ file, program: { name, version }, node });
  console.log(
    `bill of materials beside ${node === undefined ? "the package" : "the executable"}: ${components} components`,
  );
}

/** The bundle holds everything: no dependency of any kind, and nothing that runs at installation. */
function checkManifest(manifest: object): void {
  const needless = Object.keys(manifest).filter((field) => /dependencies$|^scripts$|^private$/i.test(field));
  if (needless.length > 0) throw new Error(`the published manifest still has ${needless.join(", ")}`);
}

/** @param entries of `node_modules` after the installation */
function checkInstalled(entries: readonly string[]): void {
  const others = entries.filter((entry) => !entry.startsWith(".") && entry !== "baton-codecov");
  if (others.length > 0) throw new Error(`the package brings ${others.join(", ")} with it`);
}

function run(command: string, args: string[], cwd: string): string {
  const path = [join(cwd, "node_modules", ".bin"), process.env["PATH"]].join(":");
  return execFileSync(command, args, { cwd, encoding: "utf8", env: { ...process.env, PATH: path } });
}
