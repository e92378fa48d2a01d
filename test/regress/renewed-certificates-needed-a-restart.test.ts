import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  HealthService as Health,
  HealthCheckResponse_ServingStatus as Status,
} from "#gen/grpc/health/v1/health.ts";
import { Code } from "#kernel/errors.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import { startProgram, TOY } from "../contract/program.ts";
import { Authority } from "../fakes/certificates.ts";
import { TestClient } from "../fakes/grpc-client.ts";
import { temporaryDirectory } from "./network.ts";

const PATIENCE = { timeout: 30_000, interval: 50 };

/** Files as Kubernetes lays them out: links into a directory that is itself a link, which is turned at a change. */
class Volume {
  readonly #path: string;
  #versions = 0;

  constructor(path: string) {
    this.#path = path;
  }

  flags(): string[] {
    const names = { cert: "cert.pem", key: "key.pem", "client-ca": "ca.pem" };
    return Object.entries(names).map(([flag, name]) => `--tls-${flag}-path=${join(this.#path, name)}`);
  }

  async write({ ca, cert, key }: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }) {
    this.#versions += 1;
    const version = `version-${this.#versions}`;
    await mkdir(join(this.#path, version));
    for (const [name, pem] of Object.entries({ "cert.pem": cert, "key.pem": key, "ca.pem": ca })) {
      await writeFile(join(this.#path, version, name), pem);
      if (this.#versions === 1) await symlink(join("..data", name), join(this.#path, name));
    }
    await symlink(version, join(this.#path, "..new"));
    await rename(join(this.#path, "..new"), join(this.#path, "..data"));
  }
}

function connect(port: number, credential: Credential): TestClient {
  const client = new TestClient(port, credential);
  onTestFinished(() => client.close());
  return client;
}

function check(client: TestClient) {
  return client.ask(Health.check, { service: "" });
}

test("certificates, key and authority are in use once they have changed, and broken ones are not", async () => {
  const [before, after] = [new Authority("before"), new Authority("after")];
  const volume = new Volume(await temporaryDirectory());
  await volume.write(toPem(before.issue("server")));
  const program = startProgram(["serve", "--listen=127.0.0.1:0", "--log-format=json", ...volume.flags()], {
    program: TOY,
    env: { BATON_TOY_TOKEN: "toy" },
  });
  onTestFinished(() => void program.process.kill("SIGKILL"));
  const port = await vi.waitFor(() => {
    const found = /"address":"127\.0\.0\.1:(\d+)"/.exec(program.stderr())?.[1];
    expect(found).toBeDefined();
    return Number(found);
  }, PATIENCE);
  const old = connect(port, before.issue("old"));
  expect(await check(old)).toMatchObject({ status: Status.SERVING });

  const server = toPem(after.issue("server"));
  await volume.write(server);
  await vi.waitFor(() => check(connect(port, after.issue("new"))), PATIENCE);
  const late = connect(port, before.issue("late"));
  expect(await late.refused(Health.check, { service: "" })).toMatchObject({ code: Code.Unavailable });
  // Whoever was there stays.
  expect(await check(old)).toMatchObject({ status: Status.SERVING });

  await volume.write({ ...server, key: toPem(after.issue("stranger")).key });
  await vi.waitFor(() => {
    expect(program.stderr()).toMatch(/"level":"warn".*--tls-key-path does not belong to the certificate/);
  }, PATIENCE);
  expect(await check(connect(port, after.issue("newer")))).toMatchObject({ status: Status.SERVING });

  program.process.kill("SIGTERM");
  expect((await program.result).code).toBe(0);
  expect(program.stderr().match(/the TLS files have changed/g)).toHaveLength(2);
});
