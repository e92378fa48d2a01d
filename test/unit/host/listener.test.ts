import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { openChildListener } from "#launch/listener.ts";

/** Serves one greeting per connection on the inherited socket until it is killed. */
const CHILD = `
  require("node:net").createServer((socket) => socket.end("from the child"))
    .listen({ fd: 3 }, () => process.stdout.write("up"));
`;

async function readAll(port: number): Promise<string> {
  let text = "";
  for await (const chunk of connect(port, "127.0.0.1")) text += String(chunk);
  return text;
}

describe("the listener for a child", () => {
  it.skipIf(process.platform === "win32")(
    "is inherited by the child, which alone accepts on it",
    async () => {
      const listener = await openChildListener();
      if (listener.descriptor === undefined) throw new Error("no descriptor");
      const child = spawn(process.execPath, ["-e", CHILD], {
        stdio: ["ignore", "pipe", "inherit", listener.descriptor],
      });
      await listener.close();
      // A connection made before the child accepts waits in the backlog of the socket.
      const early = readAll(listener.port);
      await expect(early).resolves.toBe("from the child");
      await expect(readAll(listener.port)).resolves.toBe("from the child");

      child.kill("SIGKILL");
      await once(child, "exit");
      await expect(readAll(listener.port)).rejects.toThrow("ECONNREFUSED");
    },
  );

  it("on Windows is a free port and nothing to inherit", async () => {
    const { port, descriptor } = await openChildListener("win32");
    expect(descriptor).toBeUndefined();
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  });
});
