import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Json, rows } from "./support/baton.ts";
import { type Finished, type RunningProgram, run, start } from "./support/process.ts";
import { connectorCommand, programPath } from "./support/programs.ts";

const STREAM = "baton.stream.v1.ResourceStreamService/StreamResources";
const RESOURCES = "c1.connector.v2.ResourcesService/ListResources";

/** All that grpcurl knows of the services here, it has asked the server for. */
describe.skipIf(!inject("goPrograms").available)("grpcurl on a program that serves by itself", () => {
  let directory: string;
  let server: string;
  let program: RunningProgram;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "interop-"));
    server = `unix:${join(directory, "connector.sock")}`;
    const [command = "", ...args] = connectorCommand("toy");
    program = start({
      program: command,
      args: [...args, "serve", "--listen", server, "--plaintext", "--log-format", "json"],
      env: { BATON_TOY_TOKEN: "toy" },
    });
    await program.said('"msg":"serving"');
  });
  afterAll(async () => {
    await program.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function grpcurl(...words: readonly string[]): Promise<Finished> {
    return await run({ program: programPath("grpcurl"), args: ["-plaintext", ...words] });
  }

  async function call(method: string, request: Json): Promise<Finished> {
    return await grpcurl("-d", JSON.stringify(request), server, method);
  }

  it("lists the services of a connector and those for people", async () => {
    const { code, stdout, stderr } = await grpcurl(server, "list");
    expect(code, stderr).toBe(0);
    const services = stdout.trim().split("\n");
    expect(services.filter((name) => name.startsWith("c1."))).toHaveLength(16);
    expect(services.filter((name) => !name.startsWith("c1."))).toEqual([
      "baton.stream.v1.ResourceStreamService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
  });

  it.each([
    ["c1.connector.v2.ResourceId", "string resource_type = 1"],
    [STREAM, "returns ( stream .baton.stream.v1.StreamResourcesResponse )"],
    ["google.protobuf.Any", "bytes value = 2"],
  ])("describes %s", async (symbol, line) => {
    const { code, stdout, stderr } = await grpcurl(server, "describe", symbol.replace("/", "."));
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(line);
  });

  it("is told that a symbol does not exist", async () => {
    const { code, stderr } = await grpcurl(server, "describe", "c1.connector.v2.Spaceship");
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/not found/i);
  });

  it("calls a method and reads the annotations of its answer", async () => {
    const { code, stdout, stderr } = await call(RESOURCES, { resource_type_id: "person" });
    expect(code, stderr).toBe(0);
    const [first] = rows(JSON.parse(stdout) as Json, "list");
    expect(first?.["annotations"]).toEqual([
      expect.objectContaining({ "@type": "type.googleapis.com/c1.connector.v2.UserTrait" }),
    ]);
  });

  it("shows all pages of a type with one command", async () => {
    const { code, stdout, stderr } = await call(STREAM, { resource_type_id: "person" });
    expect(code, stderr).toBe(0);
    const names = [...stdout.matchAll(/"displayName": "(.*)"/g)].map(([, name]) => name);
    expect(names).toEqual(["person-0", "person-1", "person-2", "person-3", "person-4"]);
  });

  it("is refused a stream of a type that does not exist", async () => {
    const { code, stderr } = await call(STREAM, { resource_type_id: "spaceship" });
    expect(code).not.toBe(0);
    expect(stderr).toContain("Code: NotFound");
  });

  it("hears that each service is well", async () => {
    const { stdout } = await call("grpc.health.v1.Health/Check", {
      service: "c1.connector.v2.GrantsService",
    });
    expect(JSON.parse(stdout)).toEqual({ status: "SERVING" });
  });

  it("watches the health until the program is told to end, which ends well", async () => {
    const watching = spawn(programPath("grpcurl"), ["-plaintext", server, "grpc.health.v1.Health/Watch"]);
    const closed = once(watching, "close");
    let shown = "";
    watching.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    await once(watching.stdout, "data");
    program.signal("SIGTERM");
    expect((await program.finished).code).toBe(0);
    expect((await closed)[0]).toBe(0);
    expect(shown.match(/[A-Z_]*SERVING/g)).toEqual(["SERVING", "NOT_SERVING"]);
  });
});
