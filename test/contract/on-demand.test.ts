import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram, TOY } from "./program.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-on-demand-"));
  expect((await run()).code).toBe(0);
});
afterAll(() => rm(cwd, { recursive: true }));

function run(...args: string[]) {
  return runProgram(args, { program: TOY, cwd, env: { BATON_TOY_TOKEN: "t0y-s3cret" } });
}

async function runForLog(...args: string[]) {
  const { code, stdout, stderr } = await run(...args);
  const lines = stderr.trimEnd().split("\n");
  const messages = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { code, stdout, last: lines.at(-1), messages: messages.map(({ msg }) => msg) };
}

test("a grant goes to a principal that the file knows, and the file stays as it is", async () => {
  const before = await readFile(join(cwd, "sync.c1z"));
  const principal = ["--grant-principal=person-2", "--grant-principal-type=person"];
  const result = await runForLog("--grant-entitlement=team:blue:member", ...principal);
  expect(result).toMatchObject({ code: 0, stdout: "" });
  expect(result.messages).toContain("team:blue:member was granted to person-2");
  expect(await readFile(join(cwd, "sync.c1z"))).toEqual(before);
});

test("a grant that existed already is a success that says so", async () => {
  const result = await runForLog("--grant-entitlement=team:red:member", "--grant-principal=person-0");
  expect(result.code).toBe(0);
  expect(result.messages).toContain("person-0 already had team:red:member");
});

test("a refused grant ends with the connector's code and reason", async () => {
  const result = await runForLog("--grant-entitlement=team:red:member", "--grant-principal=person-4");
  expect(result.code).toBe(9);
  expect(result.last).toContain("the company said no");
});

test("a grant is revoked by its id; one that the file does not know is NotFound", async () => {
  const id = "team:red:member:person:person-1";
  const revoked = await runForLog(`--revoke-grant=${id}`);
  expect(revoked.code).toBe(0);
  expect(revoked.messages).toContain(`${id} was revoked`);
  expect((await runForLog("--revoke-grant=team:red:member:person:nobody")).code).toBe(5);
});

test("events are printed one JSON object a line", async () => {
  const args = ["--event-feed=true", "--event-feed-id=joins", "--event-feed-start-at=2026-01-31T08:00:00Z"];
  const { code, stdout } = await run(...args);
  expect(code).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { id: "join-0", occurredAt: "2026-01-31T08:00:00Z" },
    { id: "join-1", occurredAt: "2026-01-31T08:00:00Z" },
  ]);
});

test("an action runs to its end and its result is printed", async () => {
  const args = ["--invoke-action=greet", "--invoke-action-resource-type=person"];
  const { code, stdout } = await run(...args, '--invoke-action-args={"whom": "Ann"}');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    name: "greet",
    status: "BATON_ACTION_STATUS_COMPLETE",
    response: { greeting: "hello Ann" },
  });
});

test("a failed action ends with an error and its reason", async () => {
  const result = await runForLog("--invoke-action=greet", "--invoke-action-resource-type=person");
  expect(result.code).toBe(2);
  expect(result.last).toContain("whom to greet?");
});

test("the actions are listed with the keys of the contract", async () => {
  const { code, stdout } = await run("--list-action-schemas");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ name: "greet", display_name: "greet" }),
  );
});

test("a resource is deleted by id and type", async () => {
  const result = await runForLog("--delete-resource=person-3", "--delete-resource-type=person");
  expect(result.code).toBe(0);
  expect(result.messages).toContain("resource deleted");
});
