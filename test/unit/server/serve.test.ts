import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ResourceStreamServiceService as Stream,
  type StreamResourcesRequest,
} from "#gen/baton/stream/v1/stream.ts";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import {
  HealthService as Health,
  HealthCheckResponse_ServingStatus as Status,
} from "#gen/grpc/health/v1/health.ts";
import {
  ServerReflectionService as Reflection,
  type ServerReflectionRequest,
} from "#gen/grpc/reflection/v1/reflection.ts";
import { ServerReflectionService as ReflectionAlpha } from "#gen/grpc/reflection/v1alpha/reflection.ts";
import { Code } from "#kernel/errors.ts";
import { parseListenAddress } from "#web/listen-address.ts";
import type { TestClient } from "../../fakes/grpc-client.ts";
import { makePerson, ToyConnector } from "../../fakes/toy-connector.ts";
import { startToyServer, type ToyServer, type ToyServerOptions } from "../../fakes/toy-server.ts";

let server: ToyServer | undefined;
let client: TestClient;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "serve-"));
});
afterEach(async () => {
  client?.close();
  await server?.end();
  server = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function start(options: ToyServerOptions = {}): Promise<ToyServer> {
  server = await startToyServer(options);
  client = server.connect();
  return server;
}

const allPeople: StreamResourcesRequest = { resourceTypeId: "person", parentResourceId: undefined };

describe("reflection", () => {
  type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;

  async function ask(...questions: Question[]) {
    const requests = questions.map((messageRequest) => ({ host: "", messageRequest }));
    const answers = await client.converse(Reflection.serverReflectionInfo, requests);
    return answers.map(({ messageResponse }) => messageResponse);
  }

  async function filesOf(question: Question): Promise<string[]> {
    const [answer] = await ask(question);
    if (answer?.$case !== "fileDescriptorResponse") throw new Error(`answered ${JSON.stringify(answer)}`);
    return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
  }

  const RESOURCE_FILE = "c1/connector/v2/resource.proto";

  test.each<[string, Question]>([
    ["a message", { $case: "fileContainingSymbol", value: "c1.connector.v2.Resource" }],
    ["a service", { $case: "fileContainingSymbol", value: "c1.connector.v2.ResourcesService" }],
    ["a method", { $case: "fileContainingSymbol", value: "c1.connector.v2.ResourcesService.ListResources" }],
    ["a field", { $case: "fileContainingSymbol", value: "c1.connector.v2.Resource.display_name" }],
    ["a nested enum", { $case: "fileContainingSymbol", value: "c1.connector.v2.ResourceType.Trait" }],
    ["a value of it", { $case: "fileContainingSymbol", value: "c1.connector.v2.ResourceType.TRAIT_USER" }],
    ["its name", { $case: "fileByFilename", value: RESOURCE_FILE }],
  ])("finds a file by %s and sends what it imports behind it", async (_name, question) => {
    await start();
    const files = await filesOf(question);
    expect(files[0]).toBe(RESOURCE_FILE);
    expect(files).toContain("google/protobuf/any.proto");
    expect(new Set(files).size).toBe(files.length);
  });

  test.each<[string, Question, number]>([
    ["a file that is not there", { $case: "fileByFilename", value: "no.proto" }, Code.NotFound],
    ["a symbol that is not there", { $case: "fileContainingSymbol", value: "c1.No" }, Code.NotFound],
    [
      "a member that is not there",
      { $case: "fileContainingSymbol", value: "c1.connector.v2.Resource.no" },
      Code.NotFound,
    ],
    ["an empty symbol", { $case: "fileContainingSymbol", value: "" }, Code.NotFound],
    [
      "an extension",
      {
        $case: "fileContainingExtension",
        value: { containingType: "c1.connector.v2.Resource", extensionNumber: 1 },
      },
      Code.NotFound,
    ],
  ])("answers %s with an error and goes on", async (_name, question, errorCode) => {
    await start();
    const [failure, services] = await ask(question, { $case: "listServices", value: "*" });
    expect(failure).toMatchObject({ $case: "errorResponse", value: { errorCode } });
    expect(services?.$case).toBe("listServicesResponse");
  });

  test("says the same in both versions", async () => {
    await start();
    const requests: ServerReflectionRequest[] = [
      { host: "h", messageRequest: { $case: "listServices", value: "" } },
      { host: "h", messageRequest: { $case: "fileContainingSymbol", value: "grpc.health.v1.Health" } },
    ];
    const answers = await client.converse(Reflection.serverReflectionInfo, requests);
    expect(await client.converse(ReflectionAlpha.serverReflectionInfo, requests)).toEqual(answers);
    expect(answers.map(({ validHost, originalRequest }) => [validHost, originalRequest])).toEqual(
      requests.map((request) => ["h", { ...request, _unknownFields: {} }]),
    );
  });
});

describe("health", () => {
  test("knows each service by name and no other", async () => {
    await start();
    const { statuses } = await client.ask(Health.list, {});
    expect(statuses.size).toBe(21);
    for (const service of statuses.keys()) {
      expect(await client.ask(Health.check, { service })).toMatchObject({ status: Status.SERVING });
    }
    expect((await client.refused(Health.check, { service: "c1.No" })).code).toBe(Code.NotFound);
  });

  test("tells whoever watches that serving ends, and the call ends", async () => {
    const running = await start();
    const watched = client.stream(Health.watch, { service: "grpc.health.v1.Health" });
    await client.ask(Health.check, { service: "" });
    await running.end();
    expect(await watched).toMatchObject([{ status: Status.SERVING }, { status: Status.NOT_SERVING }]);
  });
});

describe("the end", () => {
  /** A company whose people come when they are let go. */
  function companyThatWaits() {
    const connector = new ToyConnector();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    connector.syncers = connector.syncers.map((syncer) =>
      syncer.resourceType.id === "person"
        ? {
            resourceType: syncer.resourceType,
            list: async () => {
              asked.resolve();
              await answer.promise;
              return { items: [makePerson("late")], nextPageToken: "" };
            },
          }
        : syncer,
    );
    return { connector, asked: asked.promise, answer: answer.resolve };
  }

  test("lets calls in flight end, and takes no more connections meanwhile", async () => {
    const { connector, asked, answer } = companyThatWaits();
    const running = await start({ connector });
    const people = client.stream(Stream.streamResources, allPeople);
    await asked;
    const ended = running.end();
    const late = running.connect();
    expect(await late.refused(ConnectorService.validate, {})).toMatchObject({ code: Code.Unavailable });
    late.close();
    answer();
    expect((await people).map(({ resource }) => resource?.displayName)).toEqual(["late"]);
    await ended;
    expect(connector.closed).toBe(true);
  });
});

describe("a Unix socket", () => {
  const pathOf = () => join(directory, "connector.sock");
  const listenOn = (path: string) => start({ address: { kind: "unix", path } });

  test("is for owner and group, and gone after the end", async () => {
    const running = await listenOn(pathOf());
    expect((await stat(pathOf())).mode & 0o777).toBe(0o660);
    expect(await client.stream(Stream.streamResources, allPeople)).toHaveLength(5);
    await running.end();
    await expect(stat(pathOf())).rejects.toThrow("ENOENT");
  });

  test("that a killed process left behind is replaced", async () => {
    const path = pathOf();
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", script], { stdio: "ignore" }), "close");
    expect((await stat(path)).isSocket()).toBe(true);
    await listenOn(path);
    expect(await client.ask(Health.check, { service: "" })).toMatchObject({ status: Status.SERVING });
  });

  test("on which somebody listens is left alone", async () => {
    const other = createServer().listen(pathOf());
    await once(other, "listening");
    await expect(listenOn(pathOf())).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringMatching(new RegExp(`another process.*${pathOf()}`)),
    });
    expect((await stat(pathOf())).isSocket()).toBe(true);
    other.close();
  });

  test("does not take the place of a file", async () => {
    await writeFile(pathOf(), "precious");
    await expect(listenOn(pathOf())).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: expect.stringMatching(new RegExp(`${pathOf()}.*not a socket`)),
    });
    expect(await readFile(pathOf(), "utf8")).toBe("precious");
  });
});

test("a port that is taken is refused with the address", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const bound = other.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  await expect(start({ address: { kind: "tcp", host: "127.0.0.1", port } })).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  other.close();
});

test.each([
  ["127.0.0.1:50051", { kind: "tcp", host: "127.0.0.1", port: 50051 }],
  ["[::1]:0", { kind: "tcp", host: "::1", port: 0 }],
  ["localhost:1", { kind: "tcp", host: "localhost", port: 1 }],
  ["unix:/run/a.sock", { kind: "unix", path: "/run/a.sock" }],
  ["unix:///run/a.sock", { kind: "unix", path: "/run/a.sock" }],
  ["unix:", undefined],
  ["unix://", undefined],
  ["127.0.0.1", undefined],
  ["127.0.0.1:65536", undefined],
  [":50051", undefined],
  ["::1:50051", undefined],
])("the address %s is read as %j", (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});
