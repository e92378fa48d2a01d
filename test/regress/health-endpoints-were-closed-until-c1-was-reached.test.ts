import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { startProgram, TOY } from "../contract/program.ts";
import { ServiceScene, waitFor } from "../contract/service-scene.ts";

const HEALTH = { BATON_HEALTH_CHECK: "true", BATON_HEALTH_CHECK_PORT: "0" };

/** Asks an endpoint of the program in a scene, once it listens. */
async function ask(scene: ServiceScene, path: string) {
  const port = await waitFor(() => {
    const [line] = scene.logLines().filter(({ msg }) => msg === "health endpoints");
    expect(line).toBeDefined();
    return Number(line?.["port"]);
  });
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  const answer: { details?: { error?: string } } = JSON.parse(await response.text());
  return { code: response.status, error: answer.details?.error };
}

describe("while C1 is away at the start", () => {
  test("the program is alive and not ready, with the reason, until C1 is there", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.faults.hello = { code: Code.Unavailable };
    scene.startToy(HEALTH);
    expect(await ask(scene, "live")).toMatchObject({ code: 200 });
    // At first the connector process is not there either.
    const reason = /^not connected to C1 yet: /;
    await waitFor(async () => expect((await ask(scene, "ready")).error).toMatch(reason));
    expect(await ask(scene, "ready")).toMatchObject({ code: 503 });
    // Whether the connector reaches its upstream is another question.
    expect(await ask(scene, "health")).toMatchObject({ code: 200 });

    delete scene.c1.faults.hello;
    await waitFor(async () => expect(await ask(scene, "ready")).toEqual({ code: 200, error: undefined }));
    await scene.stop();
  });

  test("an address that cannot be listened on is still an error at the start", async () => {
    await using scene = await ServiceScene.open();
    await scene.c1.close();
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { code, stderr } = await scene.startToy({ ...HEALTH, BATON_HEALTH_CHECK_PORT: port }).result;
    expect(code).toBe(Code.FailedPrecondition);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).not.toContain("greeting C1");
  });
});

test("serve with an address that cannot be had ends, whatever its health endpoints said before", async () => {
  const program = startProgram(["serve", "--plaintext", "--listen=unix:/nowhere/x.sock"], {
    program: TOY,
    env: { ...HEALTH, BATON_TOY_TOKEN: "toy" },
  });
  expect((await program.result).code).toBe(Code.FailedPrecondition);
});
