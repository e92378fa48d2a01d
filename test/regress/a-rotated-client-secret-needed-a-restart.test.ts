import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ServiceScene, waitFor } from "../contract/service-scene.ts";
import { FakeC1 } from "../fakes/c1/fake-c1.ts";

const task = { $case: "actionListSchemas", value: {} } as const;

test("a client secret from a file is read again when C1 refuses it, and appears nowhere", async () => {
  await using scene = await ServiceScene.open();
  const { tokens } = scene.c1;
  const first = tokens.clientSecret;
  await writeFile(join(scene.directory, "client-secret"), `${first}\n`);
  scene.start({ BATON_CLIENT_SECRET: "", BATON_CLIENT_SECRET_FILE: "client-secret" });
  expect((await scene.finish(scene.c1.enqueue(task))).finalState?.$case).toBe("success");

  tokens.rotate();
  await writeFile(join(scene.directory, "client-secret"), tokens.clientSecret);
  // Access tokens outlive the secret that they were issued for, until C1 takes them back.
  tokens.revokeAll();
  expect((await scene.finish(scene.c1.enqueue(task))).finalState?.$case).toBe("success");
  await scene.stop();
  expect(scene.log()).not.toContain(first.split(":").at(-1));
});

test("a file that holds the new secret only later is not given up on", async () => {
  await using scene = await ServiceScene.open();
  const { tokens } = scene.c1;
  await writeFile(join(scene.directory, "client-secret"), tokens.clientSecret);
  scene.start({ BATON_CLIENT_SECRET: "", BATON_CLIENT_SECRET_FILE: "client-secret" });
  expect((await scene.finish(scene.c1.enqueue(task))).finalState?.$case).toBe("success");

  tokens.rotate();
  tokens.revokeAll();
  await waitFor(() => expect(scene.log()).toContain("C1 no longer accepts this connector"));
  await writeFile(join(scene.directory, "client-secret"), tokens.clientSecret);
  expect((await scene.finish(scene.c1.enqueue(task))).finalState?.$case).toBe("success");
  await scene.stop();
});

test.runIf(process.platform === "linux")("the connector process is not told where the file is", async () => {
  await using scene = await ServiceScene.open();
  await writeFile(join(scene.directory, "client-secret"), scene.c1.tokens.clientSecret);
  scene.start({ BATON_CLIENT_SECRET: "" }, ["--client-secret-file=client-secret"]);
  await scene.finish(scene.c1.enqueue(task));
  const threads = readdirSync(`/proc/${scene.pid()}/task`);
  const [child = ""] = threads.flatMap((thread) =>
    readFileSync(`/proc/${scene.pid()}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  for (const file of ["environ", "cmdline"]) {
    const text = readFileSync(`/proc/${child}/${file}`, "utf8");
    expect(text).toMatch(/codecov/i);
    expect(text).not.toMatch(/client[-_]secret/i);
  }
});

test("without a secret, with two, or with a file that is not there or holds another, nothing is sent", async () => {
  await using scene = await ServiceScene.open();
  const { BATON_CLIENT_SECRET: secret = "" } = scene.settings();
  const none = await scene.start({ BATON_CLIENT_SECRET: "" }).result;
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(/--client-secret or --client-secret-file/);

  const both = await scene.start({ BATON_CLIENT_SECRET_FILE: "client-secret" }).result;
  expect(both.code).toBe(2);
  expect(both.stderr).toContain("--client-secret, --client-secret-file");

  const fromFile = { BATON_CLIENT_SECRET: "", BATON_CLIENT_SECRET_FILE: "client-secret" };
  const missing = await scene.start(fromFile).result;
  expect(missing.code).toBe(3);
  expect(missing.stderr).toMatch(/--client-secret-file client-secret cannot be read: .*; check the path/);

  await writeFile(join(scene.directory, "client-secret"), secret.replace(":v1:", ":v2:"));
  const malformed = await scene.start(fromFile).result;
  expect(malformed.code).toBe(2);
  expect(malformed.stderr).toContain("--client-secret-file client-secret: invalid client secret");

  const stranger = await FakeC1.start();
  await writeFile(join(scene.directory, "client-secret"), stranger.tokens.clientSecret);
  await stranger.close();
  expect((await scene.start(fromFile).result).code).toBe(16);
  expect(scene.c1.hellos).toEqual([]);
});
