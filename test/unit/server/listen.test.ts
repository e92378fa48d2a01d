import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { openChildListener } from "#launch/listener.ts";
import { listen } from "#server/listen.ts";
import { LISTENER_FD_VARIABLE } from "#wire/names.ts";

const onConnection = () => undefined;

/** What the adoption of a listener fails with. */
async function refusal(descriptor: string | undefined, port: number) {
  const env = descriptor === undefined ? {} : { [LISTENER_FD_VARIABLE]: descriptor };
  const server = await listen({ port, env, platform: "linux", onConnection }).catch(
    (error: unknown) => error,
  );
  return server;
}

describe("where listeners are inherited", () => {
  test.each([
    ["is not set", undefined],
    ["is not set", ""],
    ['not a descriptor number: "three"', "three"],
    ['not a descriptor number: "-1"', "-1"],
    ['not a descriptor number: "3.5"', "3.5"],
    ["cannot listen on the inherited descriptor 7777", "7777"],
  ])("a descriptor that cannot be used is refused: %s", async (problem, descriptor) => {
    expect(await refusal(descriptor, 1)).toMatchObject({
      code: Code.Unknown,
      message: expect.stringContaining(problem),
    });
  });
});

describe("on Windows", () => {
  test("the announced port of the loopback address is opened", async () => {
    const { port } = await openChildListener("win32");
    const connected = Promise.withResolvers<void>();
    const server = await listen({
      port,
      env: {},
      platform: "win32",
      onConnection: (socket) => {
        expect(socket.localAddress).toBe("127.0.0.1");
        socket.destroy();
        connected.resolve();
      },
    });
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await connected.promise;
    socket.destroy();
    server.close();
  });

  test("a port that is taken is refused", async () => {
    const taken = await listen({ port: 0, env: {}, platform: "win32", onConnection });
    const address = taken.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await expect(listen({ port, env: {}, platform: "win32", onConnection })).rejects.toMatchObject({
      code: Code.Unknown,
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    taken.close();
    await once(taken, "close");
  });
});
