import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { patternTest } from "#codecov/coverage/model/pattern.ts";
import { DEFAULT_RULES } from "#codecov/coverage/model/rules.ts";
import { matchRules } from "#codecov/coverage/policy/policy.ts";
import { policyJsonSchema } from "#codecov/coverage/policy/policy-schema.ts";
import { parsePolicy, readPolicy } from "#codecov/coverage/policy/read-policy.ts";
import { BatonError } from "#kernel/errors.ts";

const EXAMPLE = `version: 1
defaults: {minimum: 70, max_drop: 2.0, stale_after: 14d, recover_at: +0.5}
repositories:
  - match: payments-*
    minimum: 85
    notify: [payments]
  - match: ["*-sandbox", "playground"]
    ignore: true
  - match: payments-old
    max_drop: none
publish:
  port: {region: eu, blueprint: codecov_coverage, shape: example, identifier: name, gone: keep}
  payments: {kind: slack, url_file: /run/secrets/slack-payments}
  teams:    {kind: teams, url_file: /run/secrets/teams}
  audit:    {kind: webhook, url: https://hooks.example.com/coverage, secret_file: /run/secrets/whsec}
`;

const folder = mkdtempSync(join(tmpdir(), "policy-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("matching", () => {
  test("takes the first entry that matches, over the defaults", async () => {
    const policy = await parsePolicy(EXAMPLE, "coverage.yaml");
    expect(policy.match("payments-api")).toMatchObject({
      rules: { ...DEFAULT_RULES, minimum: 85, maxDrop: 2, staleAfterDays: 14 },
      stated: ["minimum", "maxDrop", "staleAfterDays"],
      pattern: "payments-*",
      ignore: false,
    });
    expect(policy.match("web")).toMatchObject({
      rules: { minimum: 70, maxDrop: 2 },
      pattern: null,
      ignore: false,
    });
    expect(policy.match("web-sandbox")).toMatchObject({ pattern: "*-sandbox", ignore: true });
    expect(policy.match("Payments-api").pattern).toBeNull();
    expect(policy.explain("payments-api")).toMatchObject({
      line: 4,
      alerts: { recoverAt: 0.5, notify: ["payments"], remindMs: null },
    });
    expect(policy.explain("payments-api").sentence).toContain('"payments-*" in line 4');
    expect(policy.explain("playground")).toMatchObject({
      line: 7,
      match: { ignore: true, pattern: "playground" },
    });
    expect(policy.explain("web").line).toBeNull();
  });

  test("tells patterns that decide nothing", async () => {
    const policy = await parsePolicy(EXAMPLE, "coverage.yaml");
    expect(policy.unmatched(["payments-old", "payments-api", "a-sandbox"])).toEqual([
      { pattern: "playground", line: 7, why: "nothing" },
      { pattern: "payments-old", line: 9, why: "earlier" },
    ]);
  });

  test("removes a rule of the defaults by none", async () => {
    const policy = await parsePolicy(
      "version: 1\ndefaults: {minimum: 70}\nrepositories: [{match: x, minimum: none}]",
      "p",
    );
    expect(policy.match("x").rules.minimum).toBeNull();
    expect(policy.match("y").rules.minimum).toBe(70);
  });

  test("knows the targets, whose kind may follow from their name", async () => {
    const policy = await parsePolicy(EXAMPLE, "coverage.yaml");
    expect([...policy.targets].map(([name, { kind }]) => [name, kind])).toEqual([
      ["port", "port"],
      ["payments", "slack"],
      ["teams", "teams"],
      ["audit", "webhook"],
    ]);
  });

  test("without a policy is that of the defaults", () => {
    expect(matchRules(undefined, "web")).toEqual({
      rules: DEFAULT_RULES,
      stated: [],
      pattern: null,
      ignore: false,
    });
  });
});

describe("patterns", () => {
  test.each([
    ["web", "web", true],
    ["web", "Web", false],
    ["web", "web2", false],
    ["team-*", "team-", true],
    ["*-sandbox", "a-sandbox", true],
    ["*-sandbox", "a-sandbox-2", false],
    ["a*a", "a", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c", false],
    ["ab*ba", "aba", false],
    ["*", "anything", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
  ])("%s and %s", (pattern, name, matches) => {
    expect(patternTest(pattern)(name)).toBe(matches);
  });

  test("take no time that a hostile one could stretch", () => {
    const started = performance.now();
    expect(patternTest(`${"a*".repeat(250)}b`)("a".repeat(100_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("a mistake", () => {
  test.each([
    ["an unknown rule", "version: 1\ndefaults:\n  minimun: 70\n", 3, 3, 'did you mean "minimum"?'],
    ["an unknown section", "version: 1\nrepos: []\n", 2, 1, 'there is no key "repos"'],
    [
      "an unknown key of an entry",
      "version: 1\nrepositories:\n  - match: a\n    minimum_: 3\n",
      4,
      5,
      '"minimum"',
    ],
    [
      "an unknown key of a target",
      "version: 1\npublish:\n  slack: {url_fil: x}\n",
      3,
      11,
      'did you mean "url_file"?',
    ],
    ["a percentage above 100", "version: 1\ndefaults: {minimum: 101}\n", 2, 21, "from 0 to 100"],
    ["a percentage as text", 'version: 1\ndefaults: {minimum: "70 %"}\n', 2, 21, "from 0 to 100"],
    ["not a number", "version: 1\ndefaults: {minimum: .nan}\n", 2, 21, "from 0 to 100"],
    ["a limit left empty", "version: 1\ndefaults:\n  minimum:\n", 3, 11, "defaults.minimum"],
    ["a duration without a unit", "version: 1\ndefaults: {stale_after: 14}\n", 2, 25, "duration"],
    ["too long a duration", "version: 1\ndefaults: {stale_after: 400d}\n", 2, 25, "365d"],
    ["an entry without match", "version: 1\nrepositories:\n  - minimum: 3\n", 3, 5, "is missing"],
    ["no version", "defaults: {minimum: 3}\n", 1, 1, "version is missing"],
    ["another version", "version: 2\n", 1, 10, "must be 1"],
    ["a list in the place of the file", "- a\n", 1, 1, "version: 1"],
    ["nothing at all", "", 1, 1, "version: 1"],
    ["a key given twice", "version: 1\nversion: 1\n", 2, 1, "duplicate key"],
    ["two documents", "version: 1\n---\nversion: 1\n", 2, 1, "multiple docs"],
    ["broken YAML", "version: 1\ndefaults: {minimum: 70\n", 3, 1, "not valid YAML"],
    [
      "a target that does not exist",
      "version: 1\ndefaults: {notify: [slak]}\npublish: {slack: {url_file: a}}\n",
      2,
      21,
      '"slack"',
    ],
    [
      "a kind that does not exist",
      "version: 1\npublish:\n  ops: {kind: irc}\n",
      3,
      15,
      "port, slack, teams, webhook",
    ],
    [
      "a target without a kind",
      "version: 1\npublish:\n  ops: {url_file: a}\n",
      3,
      8,
      "port, slack, teams, webhook",
    ],
    [
      "an address without encryption",
      "version: 1\npublish: {webhook: {url: 'http://a.example'}}\n",
      2,
      26,
      "https://",
    ],
    [
      "a mistake in what an alias means",
      "version: 1\ndefaults: &a {minimum: x}\nrepositories: [{match: b, notify: *a}]\n",
      2,
      24,
      "minimum",
    ],
  ])("%s is told with line and column", async (_, text, line, column, sentence) => {
    const failure = await parsePolicy(text, "/etc/coverage.yaml").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BatonError);
    expect(failure).toMatchObject({ code: 2, kind: "configuration" });
    const message = failure instanceof BatonError ? failure.message : "";
    expect(message).toContain(`/etc/coverage.yaml, line ${line}, column ${column}: `);
    expect(message).toContain(sentence);
  });

  test.each([
    ["{port: {region: us, base_url: https://port.example}}", "base_url"],
    ["{port: {gone: mark}}", "shape: full"],
    ["{slack: {}}", "one of url_file"],
    ["{slack: {url_file: a, token_file: b}}", "both url_file and token_file"],
    ["{slack: {token_file: b}}", "channel"],
    ["{slack: {url_file: a, channel: c}}", "channel"],
    ["{teams: {}}", "url_file or url_variable"],
    ["{webhook: {url: https://a.example}}", "secret_file or secret_variable"],
    ["{webhook: {secret_file: a}}", "one of url"],
  ])("in the keys of a target, %s, is told", async (publish, sentence) => {
    const failure = parsePolicy(`version: 1\npublish: ${publish}`, "p");
    await expect(failure).rejects.toThrow("p, line 2, column");
    await expect(failure).rejects.toThrow(sentence);
  });

  test("repeats no value of the file, which could be a secret", async () => {
    const secret = "whsec_c2VjcmV0LXRoYXQtbm9ib2R5LW1heS1zZWU";
    for (const text of [
      `version: 1\npublish: {webhook: {secret: ${secret}}}`,
      `version: 1\npublish: {webhook: {url: "${secret}"}}`,
      `version: 1\npublish: {ops: ${secret}}`,
      `version: 1\npublish: {ops: {kind: ${secret}}}`,
      `version: 1\npublish: {port: {region: ${secret}}}`,
      `version: 1\npublish: {port: "${secret}`,
    ]) {
      const failure = await parsePolicy(text, "p").catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BatonError);
      expect(String(failure)).not.toContain(secret);
    }
  });

  test("of nesting or aliases of aliases ends in an error, not in memory", async () => {
    const deep = `version: 1\ndefaults: ${"[".repeat(100_000)}`;
    const bomb = ["version: 1", "a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 12; level++)
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(", ")}]`);
    for (const text of [deep, bomb.join("\n")])
      await expect(parsePolicy(text, "p")).rejects.toMatchObject({ code: 2 });
  });
});

describe("the file", () => {
  test("may be missing unless it was named", async () => {
    expect(await readPolicy(undefined, folder)).toBeUndefined();
    const failure = readPolicy("other.yaml", folder);
    await expect(failure).rejects.toMatchObject({ code: 2 });
    await expect(failure).rejects.toThrow("which --policy names");
  });

  test("is read from the working directory", async () => {
    writeFileSync(join(folder, "coverage.yaml"), EXAMPLE);
    expect((await readPolicy(undefined, folder))?.match("web").rules.minimum).toBe(70);
    rmSync(join(folder, "coverage.yaml"));
  });

  test.runIf(process.getuid?.() !== 0)("that cannot be read is an error, also the default one", async () => {
    const path = join(folder, "coverage.yaml");
    writeFileSync(path, EXAMPLE);
    chmodSync(path, 0);
    await expect(readPolicy(undefined, folder)).rejects.toMatchObject({ code: 2 });
    rmSync(path);
  });

  test("that is a directory or too large is an error", async () => {
    await expect(readPolicy(folder, folder)).rejects.toMatchObject({ code: 2 });
    const large = join(folder, "large.yaml");
    writeFileSync(large, `version: 1\n#${"x".repeat(4 * 1024 * 1024)}`);
    await expect(readPolicy(large, folder)).rejects.toThrow("4 MiB");
  });
});

test("the example in the documentation is a valid policy", async () => {
  const document = readFileSync(new URL("../../../docs/coverage-rules.md", import.meta.url), "utf8");
  const example = /\n {4}version: 1\n(?: {4}.*\n)+/.exec(document)?.[0].replaceAll(/^ {4}/gm, "") ?? "";
  const policy = await parsePolicy(example, "coverage.yaml");
  expect(policy.match("payments-api").rules).toMatchObject({ minimum: 85, maxDrop: 2 });
  expect(policy.match("playground").ignore).toBe(true);
  expect(policy.match("legacy-batch").rules).toMatchObject({ minimum: 70, maxDrop: null });
});

test("the JSON Schema describes every key and refuses unknown ones", () => {
  const schema = policyJsonSchema();
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    required: ["version"],
    additionalProperties: false,
    properties: {
      defaults: { additionalProperties: false, properties: { minimum: {}, stale_after: { type: "string" } } },
      repositories: { items: { required: ["match"], additionalProperties: false } },
      publish: { properties: { port: { additionalProperties: false } } },
    },
  });
  const properties = JSON.parse(JSON.stringify(schema)).properties.defaults.properties;
  expect(Object.keys(properties)).toContain("patch_minimum");
  for (const property of Object.values(properties)) expect(property).toHaveProperty("description");
});
