import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Change } from "../../fakes/codecov/changes.ts";
import { Fault } from "../../fakes/codecov/faults.ts";
import {
  type CodecovSimulator,
  type CodecovSimulatorOptions,
  startCodecovSimulator,
} from "../../fakes/codecov/simulator.ts";
import {
  commandBlocks,
  hasCommand,
  installProgram,
  makeDirectory,
  readDocument,
  root,
  runScript,
  type ScriptResult,
} from "./snippets.ts";

const document = readDocument("docs/playground.md");

/** The commands of a section. */
function commandsOf(heading: string): string {
  const [, section = ""] =
    new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, "m").exec(document) ?? [];
  const commands = commandBlocks(section).join("\n");
  expect(commands, heading).not.toBe("");
  return commands;
}

/** Runs commands of the document against a simulator. The exit code is that of the last one. */
async function startPlaying(options: CodecovSimulatorOptions = {}): Promise<{
  readonly simulator: CodecovSimulator;
  readonly play: (commands: string) => Promise<ScriptResult>;
}> {
  const directory = await makeDirectory();
  const simulator = await startCodecovSimulator({ generated: { members: 300 }, ...options });
  onTestFinished(() => simulator.close());
  const program = installProgram(directory);
  const env = {
    PATH: process.env["PATH"],
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"],
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    BATON_TMPDIR: directory,
  };
  const play = (commands: string) => {
    const adapted = commands
      .replaceAll("http://127.0.0.1:9090", simulator.url)
      .replaceAll("npm run --silent baton-codecov --", program)
      .replaceAll(/^curl /gm, "curl --silent --show-error --fail ");
    return runScript(adapted, directory, env);
  };
  return { simulator, play };
}

test.skipIf(!hasCommand("curl", "--version"))("members come, go and change as it says", async () => {
  const { play } = await startPlaying();
  expect((await play("npm run --silent baton-codecov -- -f playground.c1z")).status).toBe(0);
  const { status, stdout } = await play(`set -e\n${commandsOf("Change members and seats")}`);
  expect(status).toBe(0);
  for (const name of ["member-0000002", "member-0000008", "new-name", "newcomer"])
    expect(stdout).toContain(name);
  expect(JSON.parse(stdout.slice(stdout.lastIndexOf("\n[") + 1))).toMatchObject([
    { username: "acme", listed: 300 },
  ]);
});

test.skipIf(!hasCommand("curl", "--version"))("coverage changes as it says", async () => {
  const { simulator, play } = await startPlaying({ coverage: { demo: true } });
  const { status, stdout } = await play(`set -e\n${commandsOf("Change coverage")}`);
  expect([status, stdout.endsWith("{}")]).toEqual([0, true]);
  const [web, billing] = ["web", "billing"].map((name) =>
    simulator.state.organization(100).repos.find((repository) => repository.name === name),
  );
  expect(billing?.deleted).toBe(true);
  expect(web?.pulls.find(({ pullid }) => pullid === 101)?.state).toBe("merged");
  expect(web?.commits.ofBranch("main")[0]?.totals).toMatchObject({ h: 90, m: 10 });
  expect(simulator.state.owner(1001).permission).toEqual([]);
  expect(simulator.state.time.now()).toBeGreaterThan(Date.now() + 3_000_000);
});

test.skipIf(!hasCommand("curl", "--version"))("faults and latency are waited for, and end", async () => {
  const { simulator, play } = await startPlaying();
  expect((await play(commandsOf("Make it slow"))).status).toBe(0);
  const failing = commandsOf("Make it fail");
  const at = failing.indexOf('curl -d \'{"times": null');
  const end = failing.indexOf("curl -X DELETE");
  expect((await play(`set -e\n${failing.slice(0, at)}`)).status).toBe(0);
  expect((await play("npm run --silent baton-codecov -- -f playground.c1z")).status).toBe(0);
  expect(simulator.requests.map(({ status }) => status)).toEqual(
    expect.arrayContaining([503, 429, 502, 200]),
  );

  expect((await play(failing.slice(at, end))).status).toBe(16);
  expect((await play(failing.slice(end))).status).toBe(0);
  expect((await play("npm run --silent baton-codecov -- -f playground.c1z")).status).toBe(0);
});

test("all kinds of faults and changes are named", () => {
  const kinds = Fault.options.map(({ shape }) => shape.kind.value);
  const changes = Change.options.map(({ shape }) => shape.op.value);
  for (const name of [...kinds, ...changes]) expect(document).toMatch(new RegExp(`[\`"]${name}[\`"]`));
});

test.each([
  ["simulator", ["--members", "--fault", "--latency", "--state", "--repositories", "--now"]],
  ["stand-in-c1", ["--env", "--every"]],
])("%s tells its options, and which one it does not know", (script, options) => {
  const { scripts } = JSON.parse(readDocument("package.json")) as { scripts: Record<string, string> };
  const [, path = ""] = /^node (\S+)$/.exec(scripts[script] ?? "") ?? [];
  const help = execFileSync(process.execPath, [join(root, path), "--help"], { encoding: "utf8" });
  for (const option of options) expect(help).toContain(`  ${option} <`);
  expect(help).toContain(`npm run --silent ${script}`);

  const wrong = spawnSync(process.execPath, [join(root, path), "--nonsense"], { encoding: "utf8" });
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toMatch(/^[^\n]*--nonsense[^\n]*--help\n$/);
});
