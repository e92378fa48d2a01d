import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runProgram, startProgram } from "../contract/program.ts";
import { ServiceScene, waitFor } from "../contract/service-scene.ts";
import { makeDirectory, startCodecov } from "./system.ts";

async function runWith(yaml: string, args: readonly string[] = []) {
  const { simulator, env } = await startCodecov();
  const cwd = await makeDirectory();
  await writeFile(join(cwd, ".baton.yaml"), yaml);
  const result = await runProgram(args, { cwd, env });
  return { ...result, requests: simulator.requests.length };
}

test.each([
  ["codecov-ownr: x", "codecov-owner"],
  ["codecov_purchased_seats: 3", "codecov-purchased-seats"],
  ["BATON_CODECOV_OWNER: x", "codecov-owner"],
  ["log-levle: debug", "log-level"],
  ["provisionning: true", "provisioning"],
  ["listn: 127.0.0.1:1", "listen"],
])("%s is an error that says what was meant", async (line, meant) => {
  const { code, stderr, requests } = await runWith(`${line}\n`);
  expect([code, requests]).toEqual([2, 0]);
  expect(stderr).toContain(`did you mean ${meant},`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a key that begins like the connector's own is one, whatever it was to be", async () => {
  const { code, stderr, requests } = await runWith("codecov-frobnication: 1\ncodecov: x\n");
  expect([code, requests]).toEqual([2, 0]);
  expect(stderr).toContain("sets codecov-frobnication, which is not a setting");
  expect(stderr).toContain("sets codecov, which is not a setting");
});

test.each([[[]], [["report"]]])("a key of another connector is a warning (%j)", async (args) => {
  const { code, stderr } = await runWith("okta-domain: acme.okta.example\n", args);
  // There is nothing to report on.
  expect(code).toBe(args.length === 0 ? 0 : 5);
  expect(stderr).toContain("sets okta-domain, which is not a setting of baton-codecov");
  expect(stderr.match(/okta-domain/g)).toHaveLength(1);
});

test("a mapping under a key of another connector is a warning as well, under a setting it is an error", async () => {
  const stranger = await runWith("okta:\n  domains: [a, b]\n  token: s3cret\n");
  expect(stranger.code, stranger.stderr).toBe(0);
  expect(stranger.stderr).toContain("sets okta, which is not a setting of baton-codecov");
  const ours = await runWith("codecov-owner:\n  name: s3cret\n");
  expect([ours.code, ours.requests]).toEqual([2, 0]);
  expect(ours.stderr).toContain("codecov-owner must be a string");
  expect(stranger.stderr + ours.stderr).not.toContain("s3cret");
});

test("settings of commands are known", async () => {
  const { stderr } = await runWith("listen: 127.0.0.1:50051\nformat: csv\n");
  expect(stderr).not.toContain("is not a setting");
});

test("the connector process only warns", async () => {
  const { env } = await startCodecov();
  const cwd = await makeDirectory();
  await writeFile(join(cwd, ".baton.yaml"), "codecov-ownr: x\n");
  const { stderr } = await runProgram(["_connector-service"], { cwd, env });
  const warning = stderr.split("\n").find((line) => line.includes("codecov-ownr"));
  expect(JSON.parse(warning ?? "{}")).toMatchObject({ level: "warn" });
  // What ended it is that nobody sent it certificates.
  expect(stderr.trimEnd().split("\n").at(-1)).not.toContain("codecov-ownr");
});

describe("the sample that config prints", () => {
  const readSample = async () =>
    (await runProgram(["config", "--sample"], { cwd: await makeDirectory() })).stdout;

  test("loads as it is, and syncs with the organization's own values", async () => {
    const { simulator, env } = await startCodecov();
    const cwd = await makeDirectory();
    await writeFile(join(cwd, "token"), env["BATON_CODECOV_API_TOKEN"] ?? "");
    const sample = (await readSample()).replace("/run/secrets/codecov-api-token", "token");
    await writeFile(join(cwd, ".baton.yaml"), sample);
    const result = await runProgram([`--codecov-base-url=${simulator.baseUrl}`], { cwd });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).not.toContain("is not a setting");
  });

  test("has every setting that the help shows and that is not for one run", async () => {
    const { stdout } = await runProgram(["--help"], { cwd: await makeDirectory() });
    const shown = [...stdout.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm)].map((match) => match[1] ?? "");
    const forOneRun = /^(help|version|grant-|revoke-|invoke-|list-action)/;
    const keys = Object.keys(parse((await readSample()).replaceAll(/^#([\w-]+: )/gm, "$1")));
    expect(keys.toSorted()).toEqual(shown.filter((name) => !forOneRun.test(name)).toSorted());
  });

  describe("has no line that would be refused if it were switched on,", () => {
    /** The sample with all of its lines, in a directory; the files that it names and the addresses are the test's. */
    const switchOn = async (token: string, baseUrl: string, client: { id: string; secretFile: string }) => {
      const cwd = await makeDirectory();
      await writeFile(join(cwd, "token"), token);
      const sample = (await readSample())
        .replaceAll(/^#([\w-]+: )/gm, "$1")
        .replace("/run/secrets/codecov-api-token", "token")
        .replace("https://api.codecov.io", baseUrl)
        .replace(/^client-id: .*$/m, `client-id: ${JSON.stringify(client.id)}`)
        .replace(/^client-secret-file: .*$/m, `client-secret-file: ${JSON.stringify(client.secretFile)}`);
      await writeFile(join(cwd, ".baton.yaml"), sample);
      return cwd;
    };

    test("in a sync", async () => {
      const { simulator, env } = await startCodecov();
      // Empty values count as none: a sync has no client, and the token is not given twice.
      const nobody = { id: "", secretFile: "" };
      const cwd = await switchOn(env["BATON_CODECOV_API_TOKEN"] ?? "", simulator.baseUrl, nobody);
      const result = await runProgram([], { cwd });
      expect(result.code, result.stderr).toBe(0);
    });

    test("in service mode", async () => {
      await using scene = await ServiceScene.open();
      const { BATON_CLIENT_ID = "", BATON_CLIENT_SECRET = "", ...settings } = scene.settings();
      const secretFile = join(scene.directory, "client-secret");
      await writeFile(secretFile, BATON_CLIENT_SECRET);
      const client = { id: BATON_CLIENT_ID, secretFile };
      const token = settings["BATON_CODECOV_API_TOKEN"] ?? "";
      const cwd = await switchOn(token, scene.codecov.baseUrl, client);
      const { BATON_C1_API_HOST = "", SSL_CERT_FILE = "" } = settings;
      const program = startProgram([], { cwd, env: { BATON_C1_API_HOST, SSL_CERT_FILE } });
      await waitFor(() => expect(program.stderr()).toContain('"connected to C1"'));
      program.process.kill("SIGTERM");
      expect((await program.result).code).toBe(0);
    });
  });

  test("does not change what config prints without it, whatever the variables say", async () => {
    const cwd = await makeDirectory();
    const plain = await runProgram(["config"], { cwd });
    const told = await runProgram(["config"], { cwd, env: { BATON_SAMPLE: "true" } });
    expect(told.stdout).toBe(plain.stdout);
    expect(JSON.parse(plain.stdout).displayName).toBe("Codecov");
  });
});
