import { writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ActionServiceService as ActionService } from "#gen/c1/connector/v2/action.ts";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { Grant, GrantManagerServiceService as GrantManagerService } from "#gen/c1/connector/v2/grant.ts";
import { Code } from "#kernel/errors.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";
import {
  type RunningProgram,
  runProgram,
  type StartOptions,
  startProgram,
  TOY,
} from "../contract/program.ts";
import { Authority } from "../fakes/certificates.ts";
import { TestClient } from "../fakes/grpc-client.ts";
import { temporaryDirectory } from "./network.ts";
import { startCodecov } from "./system.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };
const env = { BATON_TOY_TOKEN: "toy-s3cret-token" };
const authority = new Authority("ours");

async function writeFiles(directory: string): Promise<string[]> {
  const { ca, cert, key } = toPem(authority.issue("server"));
  for (const [name, pem] of Object.entries({ cert, key, "client-ca": ca }))
    await writeFile(join(directory, name), pem);
  return ["cert", "key", "client-ca"].map((name) => `--tls-${name}-path=${join(directory, name)}`);
}

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

function linesOf(program: RunningProgram): Line[] {
  const lines = program.stderr().split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line): Line => JSON.parse(line));
}

/** The server, and what it says about handshakes, clients and calls. */
async function startServing(...flags: readonly string[]) {
  return await startServingWith({ program: TOY, env }, "--log-level=debug", ...flags);
}

async function startServingWith(options: StartOptions, ...flags: readonly string[]) {
  const directory = await temporaryDirectory();
  const listen = `--listen=${flags.includes("socket") ? `unix:${join(directory, "s.sock")}` : "127.0.0.1:0"}`;
  const program = startProgram(
    [
      "serve",
      listen,
      "--log-format=json",
      ...(await writeFiles(directory)),
      ...flags.filter((flag) => flag !== "socket"),
    ],
    options,
  );
  onTestFinished(() => void program.process.kill("SIGKILL"));
  const address = await vi.waitFor(() => {
    const line = linesOf(program).find(({ msg }) => msg === "serving");
    expect(line).toBeDefined();
    return String(line?.["address"]);
  }, PATIENCE);
  const calls = (method: string) => linesOf(program).filter((line) => line["grpc.method"] === method);
  return { program, address, calls };
}

function connect(address: string, credential?: Credential): TestClient {
  const client = new TestClient(address, credential);
  onTestFinished(() => client.close());
  return client;
}

function resourceOf(resourceType: string, resource: string) {
  return { id: { resourceType, resource } };
}

test("each call is logged with the subject of the client's certificate", async () => {
  const { address, calls } = await startServing();
  const [jo, spiffe] = [
    authority.issue("jo\u202e"),
    authority.issue(undefined, { names: [["URI", "spiffe://acme/b"]] }),
  ];
  await connect(address, jo).ask(ConnectorService.getMetadata, {});
  await connect(address, spiffe).ask(ConnectorService.validate, {});
  await vi.waitFor(() => expect(calls("Validate").length).toBeGreaterThan(0), PATIENCE);
  // Whatever a name holds acts on no terminal.
  expect(calls("GetMetadata").map((line) => line["peer.subject"])).toEqual(["CN=jo<U+202E>"]);
  expect(calls("Validate").map((line) => line["peer.subject"])).toContainEqual(
    expect.stringContaining("spiffe://acme/b"),
  );
});

test("a seat that was taken is told with who asked for it, at the level that people watch", async () => {
  const { simulator, env: settings } = await startCodecov();
  const response = await fetch(`${simulator.baseUrl}/github/acme/users/`, {
    headers: { authorization: `Bearer ${settings["BATON_CODECOV_API_TOKEN"]}` },
  });
  const { results } = (await response.json()) as {
    results: { username: string | null; activated: boolean }[];
  };
  const holders = results.filter(({ username, activated }) => activated && /^[a-z-]+$/.test(username ?? ""));
  const [first = "", second = ""] = holders.map(({ username }) => username ?? "");

  const { program, address } = await startServingWith({ env: settings }, "--provisioning");
  const entitlement = { id: "license:acme:assigned", resource: resourceOf("license", "acme") };
  const principal = resourceOf("user", first);
  const grant = Grant.fromPartial({ id: `${entitlement.id}:user:${first}`, entitlement, principal });
  await connect(address, authority.issue("reviewer")).ask(GrantManagerService.revoke, {
    grant,
    annotations: [],
  });
  await connect(address, authority.issue("agent")).ask(ActionService.invokeAction, {
    name: "disable_user",
    resourceTypeId: "",
    args: { user_id: second },
    annotations: [],
    inlineWait: { seconds: 20n, nanos: 0 },
  });
  const taken = () => linesOf(program).filter(({ msg }) => msg === "seat taken");
  await vi.waitFor(() => expect(taken()).toHaveLength(2), PATIENCE);
  expect(taken()).toMatchObject([
    { level: "info", user: first, "peer.subject": "CN=reviewer" },
    { level: "info", user: second, "peer.subject": "CN=agent" },
  ]);
});

test("a refused handshake is a warning with address and reason, and many are a few warnings", async () => {
  const { program, address } = await startServing();
  const refusals = () => linesOf(program).filter(({ msg }) => msg === "a TLS handshake was refused");
  const stranger = { ...new Authority("theirs").issue("stranger"), caCert: authority.issue("x").caCert };
  const { code } = await connect(address, stranger).refused(ConnectorService.validate, {});
  expect(code).toBe(Code.Unavailable);
  await vi.waitFor(() => expect(refusals()).toHaveLength(1), PATIENCE);
  expect(refusals()[0]).toMatchObject({
    level: "warn",
    "peer.address": expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    reason: expect.stringMatching(/^[A-Z_]*(VERIFY|ISSUER|SIGNATURE)[A-Z_]*$/),
  });

  const port = Number(address.split(":").at(-1));
  // Somebody who only looks whether the port is open is not refused anything.
  const probe = connectTcp(port, "127.0.0.1", () => probe.destroy());
  for (let count = 0; count < 20; count += 1) {
    await new Promise<void>((resolve) => {
      const socket = connectTcp(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
      socket
        .once("close", () => resolve())
        .once("error", () => undefined)
        .resume();
    });
  }
  await vi.waitFor(() => expect(refusals()).toHaveLength(10), PATIENCE);
  expect(refusals()[1]).toMatchObject({ level: "warn", reason: "http request" });
  expect(await connect(address, authority.issue("jo")).ask(ConnectorService.validate, {})).toBeDefined();
  program.process.kill("SIGTERM");
  await program.result;
  expect(
    linesOf(program).find(({ msg }) => msg === "further warnings of this kind were left out"),
  ).toMatchObject({
    level: "warn",
    count: 11,
  });
});

test.each([
  ["TCP", []],
  ["a Unix socket", ["socket"]],
])(
  "over %s only clients whose certificates have an allowed name may connect, and others are named",
  async (_, where) => {
    const { program, address, calls } = await startServing(
      ...where,
      "--tls-allowed-sans=agent.example,spiffe://acme/agent",
      "--tls-allowed-sans=email:jo@acme.example",
    );
    const welcome = [
      authority.issue("a", { names: [["DNS", "AGENT.example"]] }),
      authority.issue("b", { names: [["URI", "spiffe://acme/agent"]] }),
      authority.issue("c", {
        names: [
          ["DNS", "else.example"],
          ["email", "jo@acme.example"],
        ],
      }),
    ];
    for (const credential of welcome) await connect(address, credential).ask(ConnectorService.validate, {});
    const others = [
      authority.issue("agent.example"),
      authority.issue("mallory", { names: [["DNS", "x.agent.example"]] }),
    ];
    for (const credential of others) {
      const refusal = await connect(address, credential).refused(ConnectorService.validate, {});
      expect(refusal.code).toBe(Code.Unavailable);
    }
    const refused = linesOf(program).filter(({ msg }) => msg.includes("--tls-allowed-sans"));
    const subjects = new Set(refused.map((line) => line["peer.subject"]));
    expect([...subjects]).toEqual(["CN=agent.example", "CN=mallory"]);
    expect(refused[0]).toMatchObject({
      level: "warn",
      "peer.address": expect.stringMatching(/^(127\.|unix)/),
    });
    await vi.waitFor(() => {
      const served = calls("Validate").map((line) => line["peer.subject"]);
      expect(served.filter((subject) => subject !== undefined)).toEqual(["CN=a", "CN=b", "CN=c"]);
    }, PATIENCE);
  },
);

test.each([
  ["--tls-allowed-sans=", "is set but empty"],
  ["--tls-allowed-sans=*.acme.example", "without wildcards"],
  ["--tls-allowed-sans=10.0.0.1", "a DNS name, a URI or an e-mail address"],
])("%s is refused at the start, since it would let in everybody or nobody", async (flag, reason) => {
  const files = await writeFiles(await temporaryDirectory());
  const { code, stderr } = await runProgram(["serve", "--listen=127.0.0.1:0", ...files, flag], {
    program: TOY,
    env,
  });
  expect(code).toBe(Code.Unknown);
  expect(stderr).toContain(reason);
});

test("--tls-allowed-sans has no meaning without TLS, and is refused there", async () => {
  const { code } = await runProgram(["serve", "--plaintext", "--tls-allowed-sans=agent.example"], {
    program: TOY,
    env,
  });
  expect(code).toBe(Code.Unknown);
});
