import { expect, test } from "vitest";
import { commandsOf } from "#cli/commands.ts";
import { mayNeedThread } from "#cli/thread.ts";
import { codecovProgram } from "#codecov/commands/codecov-program.ts";

const SETTINGS = ["--codecov-owner=acme", "--log-level", "debug"];

test.each(commandsOf(codecovProgram).map(({ name }) => name))(
  "no thread is started ahead for the command %s",
  (name) => {
    expect(mayNeedThread([name], {})).toBe(false);
    expect(mayNeedThread([...SETTINGS, name], {})).toBe(false);
  },
);

test.each(["--help", "-h", "--version", "-v"])("no thread is started ahead for %s", (flag) => {
  expect(mayNeedThread([flag], {})).toBe(false);
  expect(mayNeedThread([...SETTINGS, flag], {})).toBe(false);
});

test.each([
  [["--client-id", "otter@c1.example/pcc"], {}],
  [["--client-id=otter@c1.example/pcc", "--client-secret=s"], {}],
  [[], { BATON_CLIENT_ID: "otter@c1.example/pcc" }],
])("no thread is started ahead for service mode (%j, %j)", (args, env) => {
  expect(mayNeedThread(args, env)).toBe(false);
});

test.each([
  [[]],
  [["-f", "out.c1z"]],
  [SETTINGS],
  [["--event-feed=usage"]],
  [["--grant-entitlement=team:red:member", "--grant-principal=1", "--grant-principal-type=user"]],
])("a thread is started ahead for a sync and for what is done on demand (%j)", (args) => {
  expect(mayNeedThread(args, { BATON_CODECOV_OWNER: "acme" })).toBe(true);
});
