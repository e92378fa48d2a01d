import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfigFile } from "#config/file.ts";
import { Code } from "#kernel/errors.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "baton-config-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function read(text: string) {
  await writeFile(join(directory, ".baton.yaml"), text);
  const file = await readConfigFile({}, directory);
  return Object.fromEntries(file?.settings ?? []);
}

test("without a file there are no settings", async () => {
  expect(await readConfigFile({}, directory)).toBeUndefined();
  expect(await readConfigFile({ BATON_CONFIG_PATH: "" }, directory)).toBeUndefined();
});

test("values keep the text they were written with, keys lose their case", async () => {
  const text = [
    "Codecov-Owner: 007",
    "codecov-service: on",
    "provisioning: true",
    "log-level:",
    "file: ~",
    'note: "null"',
    "log-path: [a, 1]",
    "other: &x shared",
    "again: *x",
  ].join("\n");
  expect(await read(text)).toEqual({
    "codecov-owner": ["007"],
    "codecov-service": ["on"],
    provisioning: ["true"],
    "log-level": [""],
    file: [""],
    note: ["null"],
    "log-path": ["a", "1"],
    other: ["shared"],
    again: ["shared"],
  });
});

test("an empty file has no settings", async () => {
  expect(await read("")).toEqual({});
  expect(await read("# nothing yet\n")).toEqual({});
});

test.each([
  ["key: [1, 2", "line 1"],
  ["a: 1\n\tb: s3cret", "line 2"],
  ["a: 1\na: 2", "line 2"],
  ["a: 1\nA: 2", "a is given twice"],
  ["a: 1\nb:\n  c: s3cret", "line 2: b must be a string, a number, true, false or a list"],
  ["just a s3cret text", 'must contain lines of the form "flag-name: value"'],
  ["- a\n- b", 'must contain lines of the form "flag-name: value"'],
  ["a: *nowhere", "line 1"],
  ['a: "s3cret', "line 1"],
])("a malformed file is an error that names the place and no content: %j", async (text, message) => {
  const result = read(text);
  await expect(result).rejects.toThrow(message);
  await expect(result).rejects.toThrow(join(directory, ".baton.yaml"));
  await expect(result).rejects.not.toThrow("s3cret");
});

test("a file that was named must exist, be YAML by name and be readable", async () => {
  const named = (path: string) => readConfigFile({ BATON_CONFIG_PATH: path }, directory);
  await expect(named("missing.yaml")).rejects.toMatchObject({
    code: Code.Unknown,
    message: expect.stringMatching(/missing\.yaml.*BATON_CONFIG_PATH/),
  });
  await expect(named("settings.json")).rejects.toMatchObject({
    code: Code.Unknown,
    message: expect.stringMatching(/BATON_CONFIG_PATH.*settings\.json/),
  });
  await writeFile(join(directory, "good.yml"), "a: 1");
  expect((await named("good.yml"))?.settings.get("a")).toEqual(["1"]);
  await expect(named(directory)).rejects.toThrow(".yaml or .yml");
});
