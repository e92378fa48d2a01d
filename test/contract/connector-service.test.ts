import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { ActionServiceService as Actions } from "#gen/c1/connector/v2/action.ts";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import {
  GrantManagerServiceService as GrantManager,
  GrantManagerServiceGrantRequest,
} from "#gen/c1/connector/v2/grant.ts";
import {
  ResourcesServiceService as Resources,
  ResourcesServiceListResourcesRequest,
} from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { PROVISIONING_OFF } from "#kernel/provisioning-off.ts";
import { spawnToy, type ToyProcessOptions } from "../fakes/toy-process.ts";

const LIST_PEOPLE = ResourcesServiceListResourcesRequest.fromPartial({ resourceTypeId: "person" });

type Toy = Awaited<ReturnType<typeof spawnToy>>;
const running: Toy[] = [];

afterEach(async () => {
  for (const toy of running.splice(0)) {
    toy.kill("SIGKILL");
    await toy.exited;
  }
});

async function start(options: ToyProcessOptions = {}): Promise<Toy> {
  const toy = await spawnToy(options);
  running.push(toy);
  return toy;
}

describe("a started connector process", () => {
  test("serves on the inherited listener, ends with 0 when standard input ends, and prints nothing but logs", async () => {
    const toy = await start();
    const client = toy.connect();
    const { sdkVersion } = await client.ask(ConnectorService.validate, {});
    expect(sdkVersion).toBe("v0.25.0");
    const { list } = await client.ask(Resources.listResources, LIST_PEOPLE);
    expect(list).toHaveLength(2);
    client.close();
    expect(await toy.end()).toEqual({ code: 0, signal: null });
    expect(toy.output.stdout).toBe("");
    const lines = toy.output.stderr.trimEnd().split("\n");
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
    expect(lines.map((line) => JSON.parse(line).msg)).toContain("finished unary call with code OK");
  });

  test("ends with 0 although a client is connected and a call is in flight", async () => {
    const toy = await start({ args: ["--provisioning"] });
    const client = toy.connect();
    const inlineWait = { seconds: 3600n, nanos: 0 };
    const request = { name: "wait_for_cancel", args: {}, annotations: [], resourceTypeId: "", inlineWait };
    const call = client.refused(Actions.invokeAction, request);
    await client.ask(ConnectorService.validate, {});
    expect(await toy.end()).toEqual({ code: 0, signal: null });
    expect([Code.Canceled, Code.Unavailable]).toContain((await call).code);
    client.close();
  });

  test("ends with 0 when standard input ends before anybody has connected", async () => {
    const toy = await start();
    expect(await toy.end()).toEqual({ code: 0, signal: null });
  });

  test("keeps provisioning closed unless a flag opens it", async () => {
    const request = GrantManagerServiceGrantRequest.fromPartial({
      entitlement: { id: "e", resource: { id: { resourceType: "team", resource: "red" } } },
      principal: { id: { resourceType: "person", resource: "person-2" } },
    });
    const toy = await start();
    const client = toy.connect();
    const refused = await client.refused(GrantManager.grant, request);
    expect(refused.message).toBe(PROVISIONING_OFF);
    client.close();
  });

  test("outlives its connections and accepts new ones", async () => {
    const toy = await start();
    for (let round = 0; round < 3; round += 1) {
      const client = toy.connect();
      await client.ask(ConnectorService.validate, {});
      client.close();
    }
  });

  test("leaves an interrupt to its host", async () => {
    const toy = await start();
    const client = toy.connect();
    await client.ask(ConnectorService.validate, {});
    toy.kill("SIGINT");
    await client.ask(ConnectorService.validate, {});
    client.close();
    expect((await toy.end()).code).toBe(0);
  });

  test("ends with 143 on SIGTERM", async () => {
    const toy = await start();
    const client = toy.connect();
    await client.ask(ConnectorService.validate, {});
    toy.kill("SIGTERM");
    expect(await toy.exited).toEqual({ code: 143, signal: null });
    client.close();
  });
});

describe("a start that cannot work ends with 2 and one plain sentence", () => {
  test.each<[string, ToyProcessOptions, string]>([
    ["no base64", { line: "not base64 at all!\n" }, "not padded standard base64"],
    ["another port than announced", { announcedPort: 1 }, "the host announced 1"],
    ["no descriptor", { descriptor: undefined }, "BATON_CONNECTOR_SERVICE_LISTENER_FD is not set"],
    ["a descriptor that is no listener", { descriptor: "0" }, "inherited descriptor 0"],
  ])("%s", async (_name, options, problem) => {
    const toy = await start(options);
    expect(await toy.exited).toEqual({ code: 2, signal: null });
    expect(toy.output.stderr).toContain(problem);
    expect(toy.output.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(toy.output.stdout).toBe("");
  });

  test("no line at all", async () => {
    const toy = await start({ line: "" });
    expect(await toy.end()).toEqual({ code: 2, signal: null });
    expect(toy.output.stderr).toContain("ended immediately");
  });
});

describe("hostile connections", () => {
  const greetings: readonly [string, (port: number) => Promise<void>][] = [
    ["closing at once", (port) => raw(port, undefined)],
    ["speaking HTTP/1.1 without TLS", (port) => raw(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["speaking HTTP/2 without TLS", (port) => raw(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    ["sending noise", (port) => raw(port, Buffer.alloc(4096, 0xa5))],
    ["a TLS client without certificate", (port) => tlsWithoutCertificate(port)],
  ];

  test("of every kind leave the process and its running call alone", async () => {
    const toy = await start({ args: ["--provisioning"] });
    const client = toy.connect();
    const inlineWait = { seconds: 3600n, nanos: 0 };
    const request = { name: "wait_for_cancel", args: {}, annotations: [], resourceTypeId: "", inlineWait };
    const controller = new AbortController();
    const call = client.refused(Actions.invokeAction, request, { signal: controller.signal });
    await client.ask(ConnectorService.validate, {});
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(greetings.map(([, greet]) => greet(toy.port)));
    }
    await client.ask(ConnectorService.validate, {});
    controller.abort();
    expect((await call).code).toBe(Code.Canceled);
    client.close();
    expect((await toy.end()).code).toBe(0);
    expect(toy.output.stderr).not.toContain('"level":"error"');
  });

  /** Connects, says something and waits until the other side hangs up, or hangs up by itself. */
  async function raw(port: number, text: string | Buffer | undefined): Promise<void> {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    if (text === undefined) socket.resetAndDestroy();
    else socket.resume().write(text);
    await closed(socket);
  }

  async function tlsWithoutCertificate(port: number): Promise<void> {
    const socket = connectTls({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false });
    socket.on("error", () => undefined).resume();
    await closed(socket);
  }

  async function closed(socket: Socket): Promise<void> {
    if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  }
});
