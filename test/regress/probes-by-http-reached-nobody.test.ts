import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { startProgram } from "../contract/program.ts";
import { waitFor } from "../contract/service-scene.ts";

/** An address of this machine that is not its loopback, as the kubelet uses one of a pod. */
const address = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

test.skipIf(address === undefined)(
  "the health endpoints listen at the address that they are given",
  async () => {
    const program = startProgram(["serve", "--listen=127.0.0.1:0", "--plaintext"], {
      env: {
        BATON_CODECOV_API_TOKEN: "t",
        BATON_CODECOV_SERVICE: "github",
        BATON_CODECOV_OWNER: "acme",
        BATON_HEALTH_CHECK: "true",
        BATON_HEALTH_CHECK_PORT: "0",
        BATON_HEALTH_CHECK_BIND_ADDRESS: address ?? "",
      },
    });
    try {
      const port = await waitFor(() => {
        const found = /"port":(\d+),"msg":"health endpoints"/.exec(program.stderr())?.[1];
        if (found === undefined) throw new Error(program.stderr());
        return found;
      });
      expect((await fetch(`http://${address}:${port}/ready`)).status).toBe(200);
      await expect(fetch(`http://127.0.0.1:${port}/ready`)).rejects.toThrow();
    } finally {
      program.process.kill("SIGTERM");
      await program.result;
    }
  },
);
