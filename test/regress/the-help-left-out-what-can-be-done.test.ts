import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { launchConnector } from "#launch/launch.ts";
import packageFile from "../../package.json" with { type: "json" };
import { CODECOV, runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { startRoomy } from "./roomy.ts";
import { makeDirectory } from "./system.ts";

async function help(...command: string[]): Promise<string> {
  const { code, stdout } = await runProgram([...command, "--help"]);
  expect(code).toBe(0);
  return stdout;
}

/** The command lines under "Examples", each without the name of the program. */
function readExamples(text: string): string[] {
  const section = /^Examples:\n((?: .*\n)+)/m.exec(text)?.[1] ?? "";
  const joined = section.replaceAll(" \\\n     ", "");
  return [...joined.matchAll(/^ {2}baton-codecov ?(.*)$/gm)].map((match) => match[1] ?? "");
}

/** The flags that a help lists. */
function readFlags(text: string): string[] {
  return [...text.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map((match) => match[1] ?? "");
}

const COMMANDS = [...(await help()).matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)].map((match) => match[1] ?? "");

test("the help lists grants, revocations and actions, with an example each", async () => {
  const text = await help();
  const flags = readFlags(text);
  const changes = ["grant-entitlement", "grant-principal", "grant-principal-type", "revoke-grant"];
  const actions = ["invoke-action", "invoke-action-args", "list-action-schemas"];
  expect(flags).toEqual(expect.arrayContaining([...changes, ...actions]));
  const examples = readExamples(text);
  for (const flag of [
    "--grant-entitlement ",
    "--revoke-grant ",
    "--invoke-action ",
    "--list-action-schemas",
  ]) {
    expect(examples.filter((example) => example.startsWith(flag))).toHaveLength(1);
  }
});

test("there are commands, and the help of each has examples", async () => {
  expect(COMMANDS).toEqual(expect.arrayContaining(["report", "serve", "config", "version", "help"]));
  for (const command of COMMANDS) {
    const examples = readExamples(await help(command));
    expect([command, examples.length]).not.toEqual([command, 0]);
    for (const example of examples) expect(example.split(" ")[0]).toBe(command);
  }
});

test("the help of report lists -f, and that of no command flags which it does not act on", async () => {
  expect(await help("report")).toContain("  -f, --file <text>");
  expect(readFlags(await help("report"))).not.toContain("codecov-owner");
  expect(readFlags(await help("serve"))).toEqual(
    expect.arrayContaining(["listen", "provisioning", "codecov-owner", "health-check-port"]),
  );
  expect(readFlags(await help("version"))).toEqual(["help"]);
});

/** Takes apart and runs an example as a shell does. */
async function runExample(example: string, options: { cwd: string; env: Readonly<Record<string, string>> }) {
  const within = ["sh", "-c", `exec "$@" ${example}`, "sh"];
  return await runProgram([], { ...options, within });
}

describe("the examples do what they say", () => {
  test("those of changes", async () => {
    const roomy = await startRoomy();
    const examples = readExamples(await help());
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) {
      // The organization and the members of the scene.
      const ours = example
        .replaceAll("acme", "roomy")
        .replaceAll("jdoe", "bob")
        .replaceAll("asmith", "waiting");
      const { code, stderr } = await runExample(ours, roomy);
      expect([example, code, stderr.includes("failed")]).toEqual([example, 0, false]);
    }
    expect(roomy.seated()).toContain("waiting");
    expect(roomy.seated()).not.toContain("bob");
  });

  /** What each command on coverage can end with in an organization that has a repository in every state. */
  const onCoverage: Readonly<Record<string, readonly number[]>> = {
    coverage: [0],
    "coverage sync": [0],
    "coverage report": [0],
    "coverage check": [0, 1],
    "coverage policy": [0],
    doctor: [0],
  };

  test("those on coverage", async () => {
    const simulator = await startCodecovSimulator({ generated: { members: 5 }, coverage: { demo: true } });
    onTestFinished(() => simulator.close());
    const cwd = await makeDirectory();
    await copyFile(join(import.meta.dirname, "../../scripts/demo-coverage.yaml"), join(cwd, "coverage.yaml"));
    const env = {
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    };
    for (const [command, codes] of Object.entries(onCoverage)) {
      const examples = readExamples(await help(...command.split(" ")));
      expect(examples.length).toBeGreaterThan(1);
      for (const example of examples) {
        // A pull request of the scene.
        const { code, stdout } = await runExample(example.replace("--pull 12", "--pull 101"), { cwd, env });
        expect([example, codes.includes(code ?? -1)]).toEqual([example, true]);
        if (!example.includes("--output") && command !== "coverage sync") expect(stdout).not.toBe("");
      }
    }
  });

  test.each(
    COMMANDS.filter((command) => !["serve", "health-check", ...Object.keys(onCoverage)].includes(command)),
  )("those of %s", async (command) => {
    const roomy = await startRoomy();
    for (const example of readExamples(await help(command))) {
      const { code, stderr } = await runExample(example, roomy);
      expect([example, code, stderr]).toEqual([example, 0, ""]);
    }
  });

  test("those of serve and health-check are understood", async () => {
    const cwd = await makeDirectory();
    for (const command of ["serve", "health-check"]) {
      for (const example of readExamples(await help(command))) {
        const { code } = await runExample(`${example} --help`, { cwd, env: {} });
        expect([example, code]).toEqual([example, 0]);
      }
    }
  });
});

test("version tells version, commit, platform and Node", async () => {
  const { code, stdout } = await runProgram(["version"], { cwd: await makeDirectory() });
  expect(code).toBe(0);
  const [first, ...facts] = stdout.trimEnd().split("\n");
  expect(first).toBe(`baton-codecov version ${packageFile.version}`);
  expect(Object.fromEntries(facts.map((line) => line.split(/ +/)))).toEqual({
    commit: expect.stringMatching(/^([0-9a-f]{40}(-dirty)?|unknown)$/),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  });
});

test("a connector without --provisioning says what enables changes", async () => {
  const { env } = await startRoomy();
  const { signal } = new AbortController();
  const connector = await launchConnector(
    { command: process.execPath, args: [CODECOV, "_connector-service"], env: { ...process.env, ...env } },
    { log: silentLogger, signal, onStderr: () => undefined },
  );
  try {
    const client = await connector.features();
    const request = { name: "disable_user", args: { user_id: "bob" }, annotations: [], resourceTypeId: "" };
    await expect(client.invokeAction({ ...request, inlineWait: undefined }, signal)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringMatching(
        /provisioning is not enabled; .*--provisioning.*BATON_PROVISIONING=true/,
      ),
    });
  } finally {
    await connector.close();
  }
});
