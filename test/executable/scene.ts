import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalCredentials } from "#launch/certs.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { toPem } from "#wire/tls.ts";
import { FakeC1 } from "../fakes/c1/fake-c1.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type OtelCollector, startOtelCollector } from "../fakes/otel-collector.ts";

/** Everything that a program can talk to, and a directory for its files, which it starts in. */
export class Scene implements AsyncDisposable {
  readonly directory: string;
  readonly codecov: CodecovSimulator;
  readonly c1: FakeC1;
  readonly plainCollector: OtelCollector;
  readonly tlsCollector: OtelCollector;
  /** Endpoints that are well, and what they were asked for. */
  readonly health: Server;
  readonly healthPaths: (string | undefined)[];

  private constructor(
    parts: Omit<Scene, "settings" | "readFile" | "healthPort" | typeof Symbol.asyncDispose>,
  ) {
    this.directory = parts.directory;
    this.codecov = parts.codecov;
    this.c1 = parts.c1;
    this.plainCollector = parts.plainCollector;
    this.tlsCollector = parts.tlsCollector;
    this.health = parts.health;
    this.healthPaths = parts.healthPaths;
  }

  static async open(): Promise<Scene> {
    const healthPaths: (string | undefined)[] = [];
    const health = createServer((request, response) => {
      healthPaths.push(request.url);
      response.end();
    });
    await once(health.listen(0, "127.0.0.1"), "listening");
    const scene = new Scene({
      directory: await mkdtemp(join(tmpdir(), "baton-executable-")),
      codecov: await startCodecovSimulator({
        state: "free-seats",
        selfHosted: true,
        siteAdmins: ["github/alice"],
        coverage: { repositories: 3, days: 4, openPulls: 1 },
      }),
      c1: await FakeC1.start(),
      plainCollector: await startOtelCollector({ tls: false }),
      tlsCollector: await startOtelCollector({ tls: true }),
      health,
      healthPaths,
    });
    const { ca, cert, key } = toPem(createLocalCredentials(Date.now()).server);
    const files = {
      token: scene.codecov.tokens["admin-token"] ?? "",
      "client-secret": scene.c1.tokens.clientSecret,
      "collector.pem": scene.tlsCollector.certificate,
      "c1.pem": scene.c1.certificate,
      "ca.pem": ca,
      "cert.pem": cert,
      "key.pem": key,
      "coverage-rules.yaml": "version: 1\ndefaults: {minimum: 1}\n",
    };
    for (const [name, content] of Object.entries(files))
      await writeFile(join(scene.directory, name), content);
    await mkdir(join(scene.directory, "work"));
    return scene;
  }

  /** Variables that lead a program to this Codecov and this C1. */
  settings(): Record<string, string> {
    return {
      BATON_CODECOV_API_TOKEN: this.codecov.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "roomy",
      BATON_CODECOV_BASE_URL: this.codecov.baseUrl,
      BATON_C1_API_HOST: `localhost:${this.c1.port}`,
      SSL_CERT_FILE: join(this.directory, "c1.pem"),
    };
  }

  get healthPort(): number {
    const { port } = this.health.address() as AddressInfo;
    return port;
  }

  /** What the newest sync of a file holds. */
  async readFile(name: string) {
    await using file = await openC1zReadOnly(join(this.directory, name));
    const reader = file.reader(file.runs.pick()?.id ?? "");
    const resources = [...everyItem((page) => reader.listResources({}, page))];
    return {
      resources,
      types: [...new Set(resources.map(({ id }) => id?.resourceType ?? ""))].toSorted((a, b) =>
        a.localeCompare(b),
      ),
      entitlements: reader.count("entitlements"),
      grants: reader.count("grants"),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.health.closeAllConnections();
    this.health.close();
    const { codecov, c1, plainCollector, tlsCollector } = this;
    await Promise.all([codecov, c1, plainCollector, tlsCollector].map((part) => part[Symbol.asyncDispose]()));
    await rm(this.directory, { recursive: true });
  }
}
