import { expect, test } from "vitest";
import { runProgram } from "#cli/program.ts";
import { Code } from "#kernel/errors.ts";
import { Redactor } from "#kernel/secret.ts";
import { toy } from "../../fakes/toy-definition.ts";

function run(argv: readonly string[]) {
  return runProgram({ definition: toy, version: "0.0.0" }, argv, new Redactor());
}

const token = "--toy-token=t";

test.each<[string[], string]>([
  [["--toy-peple=1"], "unknown flag --toy-peple, did you mean --toy-people?"],
  [["capabilites"], 'unknown command "capabilites" for "baton-toy", did you mean capabilities?'],
  [["frobnicate"], 'unknown command "frobnicate" for "baton-toy", see --help'],
  [["--provisioning", "true"], "--provisioning takes no separate value, write --provisioning=true"],
  [["config", "more"], "baton-toy config takes no further arguments, see --help"],
  [["config", "--endpoint=live"], "--endpoint belongs to the command health-check"],
  [["help", "me"], "there is no such command, see --help"],
  [["completion", "tcsh"], "completion needs the name of a shell: baton-toy completion bash|zsh|fish"],
  [["--toy-token="], "--toy-token is required but empty"],
  [[token, "--client-id=x"], "missing: --client-secret"],
  [[token, "--compact-syncs"], "--compact-syncs is not supported by baton-toy"],
  [[token, "--storage-engine=rocks"], "--storage-engine must be one of [sqlite, pebble]"],
  [[token, "--max-wait=soon"], '--max-wait must be a duration like "90s", "15m"'],
  [[token, "--skip-grants"], "--skip-grants can only be given together with --sync-resources"],
  [[token, "--grant-entitlement=e"], "missing: --grant-principal"],
  [[token, "--delete-resource=x"], "missing: --delete-resource-type"],
  [[token, "--revoke-grant=g", "--invoke-action=a"], "given: --revoke-grant, --invoke-action"],
  [[token, "--event-feed=joins"], "--event-feed: value must be true or false"],
  [[token, "--event-feed=1", "--event-feed-start-at=yesterday"], "--event-feed-start-at must be a time like"],
  [
    [token, "--invoke-action=greet", "--invoke-action-args=[1]"],
    "--invoke-action-args must be a JSON object",
  ],
  [[token, "--invoke-action=greet", "--invoke-action-args={"], "--invoke-action-args must be a JSON object"],
])("%j is refused before anything starts", async (argv, sentence) => {
  await expect(run(argv)).rejects.toMatchObject({
    code: Code.Unknown,
    message: expect.stringContaining(sentence),
  });
});

test("a stray word that may be a secret is not repeated", async () => {
  const secret = "d3b07384-d113-4956-a22f-0b1d7a9c0e6f";
  for (const argv of [[secret], [`--toy-tokn=${secret}`], ["--toy-token", "=", secret], ["-x", secret]]) {
    await expect(run(argv)).rejects.toThrow();
    await expect(run(argv)).rejects.not.toThrow(secret);
  }
});
