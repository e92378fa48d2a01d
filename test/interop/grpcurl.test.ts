import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Json, rows } from "./support/baton.ts";
import { type ServingConnector, serveConnector } from "./support/connector-process.ts";
import { DESCRIPTORS } from "./support/paths.ts";
import { type Finished, run } from "./support/process.ts";
import { programPath } from "./support/programs.ts";

const RESOURCES = "c1.connector.v2.ResourcesService/ListResources";

/** A client on Go's gRPC library, which knows the services from the compiled descriptors. */
describe.skipIf(!inject("goPrograms").available)("grpcurl on a connector process", () => {
  let connector: ServingConnector;

  beforeAll(async () => {
    connector = await serveConnector("toy", { BATON_TOY_TOKEN: "toy" });
  });
  afterAll(async () => {
    await connector[Symbol.asyncDispose]();
  });

  async function grpcurl(...args: readonly string[]): Promise<Finished> {
    return await run({ program: programPath("grpcurl"), args: ["-protoset", DESCRIPTORS, ...args] });
  }

  async function call(method: string, request: Json): Promise<Finished> {
    const { ca, cert, key } = connector.tls;
    const tls = ["-cacert", ca, "-cert", cert, "-key", key];
    return await grpcurl(...tls, "-d", JSON.stringify(request), connector.address, method);
  }

  it("lists the services", async () => {
    const { stdout } = await grpcurl("list");
    expect(stdout.split("\n")).toContain("c1.connector.v2.ResourcesService");
  });

  it("describes a message", async () => {
    const { stdout } = await grpcurl("describe", "c1.connector.v2.ResourceId");
    expect(stdout).toContain("string resource_type = 1");
  });

  it("calls a method and shows its answer", async () => {
    const { code, stdout, stderr } = await call(RESOURCES, { resource_type_id: "person" });
    expect(code, stderr).toBe(0);
    expect(rows(JSON.parse(stdout) as Json, "list").map(({ displayName }) => displayName)).toEqual([
      "person-0",
      "person-1",
    ]);
  });

  it("shows the code and the sentence of an error", async () => {
    const { code, stderr } = await call(RESOURCES, { resource_type_id: "spaceship" });
    expect(code).not.toBe(0);
    expect(stderr).toContain("Code: NotFound");
    expect(stderr).toContain("spaceship");
  });

  it("is refused changes unless provisioning was allowed", async () => {
    const { stderr } = await call("c1.connector.v2.ResourceManagerService/DeleteResource", {
      resource_id: { resource_type: "person", resource: "person-0" },
    });
    expect(stderr).toContain("Code: FailedPrecondition");
    expect(stderr).toContain("provisioning is not enabled");
  });

  it("is not served without a certificate", async () => {
    const { code, stderr } = await grpcurl("-insecure", "-max-time", "3", connector.address, RESOURCES);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/certificate required|connection error|deadline exceeded/i);
  });
});
