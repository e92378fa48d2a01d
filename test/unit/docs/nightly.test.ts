import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { readExitCodes } from "../../../scripts/deploy/rules.ts";
import { WORTH_ANOTHER_ATTEMPT } from "../../../scripts/deploy/workload-rules.ts";
import { startCodecovSimulator } from "../../fakes/codecov/simulator.ts";
import {
  fencedBlocks,
  hasCommand,
  installProgram,
  makeDirectory,
  readDocument,
  runScript,
} from "./snippets.ts";

const PROGRAM = "/usr/local/bin/baton-codecov";
const document = readDocument("docs/nightly.md");
const [service = "", timer = ""] = fencedBlocks(document, "ini");
const [settings = ""] = fencedBlocks(document, "yaml");
const [crontab = ""] = fencedBlocks(document, "cron");

/** A machine set up as the document says, below a directory, and a simulated Codecov. */
async function setUp() {
  const directory = await makeDirectory();
  const simulator = await startCodecovSimulator({ generated: { members: 40 } });
  onTestFinished(() => simulator.close());
  const configuration = join(directory, "etc", "acme");
  const state = join(directory, "state", "acme");
  for (const folder of [configuration, state]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(configuration, "settings.yaml"), settings);
  writeFileSync(join(configuration, "codecov-api-token"), simulator.tokens["admin-token"] ?? "");
  const program = installProgram(directory);
  return {
    state,
    /** A command line of the document, with the places that it has here. */
    adapt: (text: string) =>
      text
        .replaceAll(PROGRAM, program)
        .replaceAll("/etc/baton-codecov", join(directory, "etc"))
        .replaceAll("/var/lib/baton-codecov", join(directory, "state")),
    env: {
      PATH: process.env["PATH"] ?? "",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
      BATON_CODECOV_API_TOKEN_FILE: join(configuration, "codecov-api-token"),
      BATON_CONFIG_PATH: join(configuration, "settings.yaml"),
    },
  };
}

describe("the systemd units", () => {
  test.skipIf(!hasCommand("systemd-analyze", "--version"))("are what systemd understands", async () => {
    const directory = await makeDirectory();
    writeFileSync(join(directory, "baton-codecov@.service"), service.replaceAll(PROGRAM, "/bin/true"));
    writeFileSync(join(directory, "baton-codecov@.timer"), timer);
    const units = ["service", "timer"].map((kind) => join(directory, `baton-codecov@.${kind}`));
    const verified = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], { encoding: "utf8" });
    expect({ status: verified.status, about: linesAbout(verified.stderr) }).toEqual({ status: 0, about: [] });

    const when = /^OnCalendar=(.*)$/m.exec(timer)?.[1] ?? "";
    const calendar = execFileSync("systemd-analyze", ["calendar", when], { encoding: "utf8" });
    expect(calendar).toContain("02:15:00 UTC");
  });

  test("sync and report, with the settings of the document", async () => {
    const { state, adapt, env } = await setUp();
    const commands = [...service.matchAll(/^ExecStart=(.*)$/gm)].map((match) => adapt(match[1] ?? ""));
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(await runScript(command, state, env)).toMatchObject({ status: 0 });
    expect(existsSync(join(state, "report.html"))).toBe(true);
  });

  test("try again after the exit codes that pass by themselves, and after no other", () => {
    const codes = /^RestartPreventExitStatus=(.*)$/m.exec(service)?.[1]?.split(" ").map(Number) ?? [];
    const lasting = readExitCodes(readDocument("docs/troubleshooting.md")).filter(
      (code) => !WORTH_ANOTHER_ATTEMPT.includes(code),
    );
    expect(new Set(codes)).toEqual(new Set(lasting));
  });
});

test("the cron line syncs and reports, and says nothing when all is well", async () => {
  const { state, adapt, env } = await setUp();
  const [, command = ""] = /^\d+ \d+ \* \* \* baton-codecov (.+)$/m.exec(crontab) ?? [];
  // To cron a percent sign is the end of the line.
  expect(command).not.toMatch(/%|^$/);
  const { PATH, BATON_CODECOV_BASE_URL } = env;
  const run = await runScript(adapt(command), "/", { PATH, BATON_CODECOV_BASE_URL });
  expect(run).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(existsSync(join(state, "report.html"))).toBe(true);
});

test("the settings hold no secret", () => {
  expect(Object.keys(parse(settings)).filter((name) => /token$|secret$/.test(name))).toEqual([]);
});

/** What is said of these units; of others of the machine it may say what it likes. */
function linesAbout(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line.includes("baton-codecov"));
}
