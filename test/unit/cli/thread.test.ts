import { expect, test } from "vitest";
import { otherRuns } from "#cli/commands/other-runs.ts";
import { commandsOf, OTHER_RUNS_COMMAND } from "#cli/commands.ts";
import { mayNeedThread } from "#cli/thread.ts";
import { codecovProgram } from "#codecov/commands/codecov-program.ts";
import { runProgram } from "../../contract/program.ts";

const OTHERS = otherRuns(commandsOf(codecovProgram));
const SETTINGS = ["--codecov-owner=acme", "--log-level", "debug"];

test.each(commandsOf(codecovProgram).map(({ name }) => name))(
  "no thread is started ahead for the command %s",
  (name) => {
    const words = name.split(" ");
    expect(mayNeedThread(words, {}, OTHERS)).toBe(false);
    expect(mayNeedThread([...SETTINGS, ...words], {}, OTHERS)).toBe(false);
  },
);

test.each(["--help", "-h", "--version", "-v"])("no thread is started ahead for %s", (flag) => {
  expect(mayNeedThread([flag], {}, OTHERS)).toBe(false);
  expect(mayNeedThread([...SETTINGS, flag], {}, OTHERS)).toBe(false);
});

test.each([
  [["--client-id", "otter@c1.example/pcc"], {}],
  [["--client-id=otter@c1.example/pcc", "--client-secret=s"], {}],
  [[], { BATON_CLIENT_ID: "otter@c1.example/pcc" }],
])("no thread is started ahead for service mode (%j, %j)", (args, env) => {
  expect(mayNeedThread(args, env, OTHERS)).toBe(false);
});

test.each([
  [[]],
  [["-f", "out.c1z"]],
  [SETTINGS],
  [["--event-feed=usage"]],
  [["--grant-entitlement=team:red:member", "--grant-principal=1", "--grant-principal-type=user"]],
])("a thread is started ahead for a sync and for what is done on demand (%j)", (args) => {
  expect(mayNeedThread(args, { BATON_CODECOV_OWNER: "acme" }, OTHERS)).toBe(true);
});

test("the bundle tells the build of the executable the words of all its commands", async () => {
  const { code, stdout } = await runProgram([OTHER_RUNS_COMMAND]);
  expect([code, JSON.parse(stdout)]).toEqual([0, OTHERS]);
  expect(OTHERS).toEqual(expect.arrayContaining(["report", "serve", "_connector-service", "--help", "-v"]));
});
