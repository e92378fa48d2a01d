import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import packageFile from "../../../package.json" with { type: "json" };
import { publishedManifest } from "../../../scripts/stage-package.ts";
import {
  commandBlocks,
  fencedBlocks,
  listDocuments,
  makeDirectory,
  readDocument,
  root,
  typedCommands,
} from "./snippets.ts";

const documents = listDocuments();

test("no document starts the machine's own Node, which may be too old", () => {
  const bare = documents.flatMap((path) =>
    readDocument(path)
      .split("\n")
      .filter((line) => /(?<!npm exec -- )(?<![\w-])node\s+[\w./-]*\.[cm]?[jt]s\b/.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  expect(bare).toEqual([]);
});

test("npm does not warn about the Node that it runs on, as the packages run on another one", async () => {
  const directory = await makeDirectory();
  // No Node will ever be new enough for this.
  writeFileSync(
    join(directory, "package.json"),
    '{"name":"x","version":"1.0.0","engines":{"node":">=9999"}}',
  );
  // An npm that runs these tests hands its own settings down.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
  const install = () =>
    spawnSync("npm", ["install", "--offline", "--dry-run"], { cwd: directory, env, encoding: "utf8" }).stderr;
  expect(install()).toContain("EBADENGINE");
  copyFileSync(join(root, ".npmrc"), join(directory, ".npmrc"));
  expect(install()).toBe("");
});

test("the package says where it comes from, also once it is published", () => {
  const { homepage, repository, bugs } = packageFile;
  const [address = ""] = /https:\/\/[^#]*/.exec(homepage) ?? [];
  expect(repository.url).toBe(`git+${address}.git`);
  expect(bugs.url).toBe(`${address}/issues`);
  expect(publishedManifest()).toMatchObject({ homepage, repository, bugs });
});

/** Words of a command line behind which a file is named that the command makes. */
const OUTPUTS =
  /(?:(?:^|\s)(?:--output|--file|-f|-out|-keyout|--env|--env-file)[ =]|--from-file=(?:[\w-]+=)?|\s> ?|cat > |tee )([\w./$-]+)/gm;

/** All that a document tells to type. */
function commandsOf(document: string): string[] {
  return [...commandBlocks(document), ...fencedBlocks(document, "sh"), ...typedCommands(document)];
}

/** What documents name that holds neither a secret nor anybody's data. */
const HARMLESS = /kustomization\.yaml$|^2026-Q3$|^job\/|compose|^check\.txt$|^\/|\$/;

test("what documents tell to make and holds secrets or personal data is kept out of Git", () => {
  const named = documents.flatMap((path) =>
    commandsOf(readDocument(path)).flatMap((block) =>
      [...block.matchAll(OUTPUTS)].map((match) => match[1] ?? ""),
    ),
  );
  const files = [...new Set(named)].filter((name) => !HARMLESS.test(name));
  expect(files).toEqual(
    expect.arrayContaining(["review.html", "server.key", "codecov-api-token", "baton-codecov.env"]),
  );
  const others = ["deploy/.env", "deploy/baton-codecov.env", ".baton.yaml", "client-secret", "demo.c1z"];
  const ignored = execFileSync("git", ["check-ignore", "--no-index", "--stdin"], {
    cwd: root,
    encoding: "utf8",
    input: [...files, ...others].join("\n"),
  }).split("\n");
  expect([...files, ...others].filter((name) => !ignored.includes(name))).toEqual([]);
});

test("nothing that Git keeps would be ignored", () => {
  const kept = execFileSync("git", ["ls-files", "-i", "-c", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(kept).toBe("");
});

describe("what the token needs is told alike:", () => {
  const places = [
    "README.md",
    "docs/connector.mdx",
    "deploy/kubernetes/secrets.example.yaml",
    "scripts/demo.ts",
    "src/codecov/fields.ts",
    "config_schema.json",
  ];
  test.each(places)("%s", (path) => {
    const text = readDocument(path).replaceAll(/\s+/g, " ");
    expect(text).toMatch(/token of a member|a member of the organization|\ba member\b/i);
    expect(text).toMatch(
      /admin\w*( is needed)? (only )?for (\*\*)?sign-in sessions|sign-in sessions \([^)]*\) need an admin/i,
    );
  });

  test("nowhere does it take an admin to read or to change seats", () => {
    const paths = execFileSync("git", ["ls-files", "README.md", "docs", "deploy", "scripts", "src"], {
      cwd: root,
      encoding: "utf8",
    });
    const wrong = paths
      .trim()
      .split("\n")
      .filter((path) => /best of an admin|token of an organization admin/i.test(readDocument(path)));
    expect(wrong).toEqual([]);
  });
});

test("what is copied from the connector's page lets C1 change nothing, and holds its secrets as files", () => {
  const [secret, deployment] = fencedBlocks(readDocument("docs/connector.mdx"), "yaml").map((text) =>
    parse(text),
  );
  expect(JSON.stringify([secret, deployment])).not.toMatch(/PROVISIONING/);
  expect(Object.keys(secret.stringData).toSorted()).toEqual(["client-secret", "codecov-api-token"]);
  const [container] = deployment.spec.template.spec.containers;
  expect(container.envFrom).toBeUndefined();
  const [mount] = container.volumeMounts;
  const variables = Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  for (const name of ["BATON_CLIENT_SECRET_FILE", "BATON_CODECOV_API_TOKEN_FILE"]) {
    expect(variables[name]).toBe(`${mount.mountPath}/${basename(variables[name])}`);
    expect(secret.stringData).toHaveProperty([basename(variables[name])]);
  }
});
