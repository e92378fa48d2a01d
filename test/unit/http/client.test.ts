import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Code } from "#kernel/errors.ts";
import { createLocalCredentials } from "#launch/certs.ts";
import { toPem } from "#wire/tls.ts";
import { failureOf } from "../../fakes/failure.ts";
import { context, listen, makeClient, serve } from "./support.ts";

/** A server that answers every connection with these bytes and closes it; for the word "reset" it resets it. */
async function serveRaw(answer: string): Promise<string> {
  const port = await listen(
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        if (answer === "reset") socket.resetAndDestroy();
        else socket.end(answer);
      });
    }),
  );
  return `http://127.0.0.1:${port}`;
}

describe("an exchange", () => {
  it("gives status, headers and body, and names the client", async () => {
    let seen: IncomingHttpHeaders = {};
    const origin = await serve((request, response) => {
      seen = request.headers;
      response.writeHead(404, { "x-extra": "yes" }).end("gone");
    });
    const client = makeClient(origin);
    const answer = await client.send(
      { method: "GET", path: "/a?b=c", headers: { accept: "text/x" } },
      context,
    );
    expect(answer).toMatchObject({ status: 404, headers: { "x-extra": "yes" } });
    expect(Buffer.from(answer.body).toString()).toBe("gone");
    expect(seen).toMatchObject({ "user-agent": "test", accept: "text/x", "accept-encoding": "identity" });
    expect(client.requestCount).toBe(1);
  });

  it("uses connections again after answers of any status", async () => {
    const ports = new Set<number | undefined>();
    const origin = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.writeHead(request.url === "/bad" ? 503 : 200).end("x".repeat(5_000));
    });
    const client = makeClient(origin);
    for (const path of ["/", "/bad", "/", "/bad", "/", "/bad"])
      await client.send({ method: "GET", path }, context);
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("waits for one of eight connections", async () => {
    let open = 0;
    let most = 0;
    const origin = await serve((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end();
      }, 20);
    });
    const client = makeClient(origin);
    await Promise.all(
      Array.from({ length: 30 }, async () => client.send({ method: "GET", path: "/" }, context)),
    );
    expect(most).toBe(8);
  });

  it("stays on HTTP/1.1", async () => {
    const { server } = createLocalCredentials(Date.now());
    const { cert, key } = toPem(server);
    let version = "";
    const tls = createTlsServer({ cert, key, ALPNProtocols: ["h2", "http/1.1"] }, (request, response) => {
      version = request.httpVersion;
      response.end();
    });
    const { file } = await writeAuthority(toPem(server).ca);
    const origin = `https://127.0.0.1:${await listen(tls)}`;
    const client = makeClient(origin, { environment: { SSL_CERT_FILE: file } });
    expect((await client.send({ method: "GET", path: "/" }, context)).status).toBe(200);
    expect(version).toBe("1.1");
  });
});

describe("without permission to write", () => {
  /** A server that notes what arrives, and the two kinds of clients for it. */
  async function openServer() {
    const arrived: string[] = [];
    const origin = await serve((request, response) => {
      arrived.push(`${request.method} ${request.headers["content-length"] ?? "-"}`);
      response.end();
    });
    return { arrived, reader: makeClient(origin), writer: makeClient(origin, { allowWrites: true }) };
  }

  it.each(["GET", "HEAD"] as const)("%s is sent", async (method) => {
    const { arrived, reader } = await openServer();
    const answer = await reader.send({ method, path: "/" }, context);
    expect(answer.status).toBe(200);
    expect(arrived).toEqual([`${method} -`]);
  });

  it.each(["OPTIONS", "POST", "PUT", "PATCH", "DELETE"] as const)(
    "%s does not leave the process, unless it is declared a read",
    async (method) => {
      const { arrived, reader, writer } = await openServer();
      const request = { method, path: "/", body: "{}" };
      for (const refused of [request, { ...request, reads: false }]) {
        const error = await failureOf(reader.send(refused, context));
        expect(error).toMatchObject({ code: Code.FailedPrecondition, kind: "request" });
        expect(error.message).toContain("--provisioning");
      }
      expect(arrived).toEqual([]);
      expect(reader.requestCount).toBe(0);
      await reader.send({ ...request, reads: true }, context);
      await writer.send(request, context);
      expect(arrived).toEqual([`${method} 2`, `${method} 2`]);
    },
  );
});

describe("a body", () => {
  it.each([
    ["declared", { "content-length": "20000" }],
    ["not declared", {}],
  ])("above the bound, its length %s, is refused and the connection closed", async (_, headers) => {
    let closed: (() => void) | undefined;
    const whenClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((request, response) => {
      request.socket.once("close", () => closed?.());
      // Never ends by itself.
      response.writeHead(200, headers).write("x".repeat(15_000));
    });
    const error = await failureOf(makeClient(origin).send({ method: "GET", path: "/big" }, context));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.message).toContain("GET /big");
    await whenClosed;
  });

  it("that is compressed unasked is refused", async () => {
    const origin = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("?"),
    );
    const error = await failureOf(makeClient(origin).send({ method: "GET", path: "/" }, context));
    expect(error.code).toBe(Code.FailedPrecondition);
  });
});

describe("a redirect", () => {
  it.each([301, 302, 307, 308])(
    "with status %i is an error that names it, and nobody else is asked",
    async (status) => {
      let visits = 0;
      const elsewhere = await serve((_, response) => {
        visits += 1;
        response.end();
      });
      const origin = await serve((_, response) =>
        response.writeHead(status, { location: `${elsewhere}/login?session=s3cret` }).end(),
      );
      const request = { method: "GET", path: "/users/", headers: { authorization: "Bearer t" } } as const;
      const error = await failureOf(makeClient(origin).send(request, context));
      expect(error.code).toBe(Code.FailedPrecondition);
      expect(error.message).toContain(`${elsewhere}/login`);
      expect(error.message).not.toContain("s3cret");
      expect(visits).toBe(0);
    },
  );

  it("within the origin is an error as well", async () => {
    const origin = await serve((_, response) => response.writeHead(301, { location: "/github/" }).end());
    const error = await failureOf(makeClient(origin).send({ method: "GET", path: "/github" }, context));
    expect(error.message).toContain("/github/");
  });
});

describe("a fault of the network", () => {
  it.each([
    ["a connection that is reset", "reset", Code.Unavailable],
    ["a connection that is closed at once", "", Code.Unavailable],
    ["a body that is cut short", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", Code.Unavailable],
    [
      "a chunked body that is cut short",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc",
      Code.Unavailable,
    ],
    ["something that is not HTTP", "SSH-2.0-OpenSSH\r\n", Code.FailedPrecondition],
  ])("%s has its code and names endpoint and host", async (_, bytes, code) => {
    const origin = await serveRaw(bytes);
    const error = await failureOf(makeClient(origin).send({ method: "GET", path: "/users/" }, context));
    expect(error).toMatchObject({ code, kind: "upstream" });
    expect(error.message).toContain(`GET /users/ at ${new URL(origin).host}`);
  });

  it("a refused connection is Unavailable", async () => {
    const port = await listen(createTcpServer().unref());
    const client = makeClient(`http://127.0.0.1:${port === 1 ? 2 : 1}`);
    const error = await failureOf(client.send({ method: "GET", path: "/" }, context));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toContain("refused");
  });

  it("a name that does not exist is InvalidArgument", async () => {
    const error = await failureOf(
      makeClient("http://nowhere.invalid").send({ method: "GET", path: "/" }, context),
    );
    expect([Code.InvalidArgument, Code.Unavailable]).toContain(error.code);
    expect(error.message).toContain("nowhere.invalid");
  });

  it("plain HTTP where TLS is expected is FailedPrecondition", async () => {
    const origin = await serve((_, response) => response.end());
    const client = makeClient(origin.replace("http:", "https:"));
    const error = await failureOf(client.send({ method: "GET", path: "/" }, context));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain("does not speak TLS");
  });
});

describe("time", () => {
  it.each([
    ["the answer does not begin", { headersTimeoutMs: 100 }, () => {}],
    [
      "the body stops",
      { headersTimeoutMs: 100 },
      (response: { write(text: string): unknown }) => response.write("x"),
    ],
    [
      "the whole takes too long",
      { totalTimeoutMs: 100 },
      (response: { write(text: string): unknown }) => response.write("x"),
    ],
  ])("is up when %s", async (_, options, answer) => {
    const origin = await serve((_request, response) => {
      answer(response);
    });
    const error = await failureOf(
      makeClient(origin, options).send({ method: "GET", path: "/slow" }, context),
    );
    expect(error).toMatchObject({ code: Code.DeadlineExceeded, kind: "upstream" });
    expect(error.message).toContain("GET /slow");
  });

  it("is up when the caller cancels, and the server sees its connection close", async () => {
    const controller = new AbortController();
    let closed: (() => void) | undefined;
    const whenClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((request) => {
      request.socket.once("close", () => closed?.());
      controller.abort();
    });
    const promise = makeClient(origin).send(
      { method: "GET", path: "/" },
      { ...context, signal: controller.signal },
    );
    expect((await failureOf(promise)).code).toBe(Code.Canceled);
    await whenClosed;
  });

  it("that is up before the request sends nothing", async () => {
    const client = makeClient("http://127.0.0.1:1");
    const error = await failureOf(
      client.send({ method: "GET", path: "/" }, { ...context, signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe(Code.Canceled);
    expect(client.requestCount).toBe(0);
  });
});

describe("TLS", () => {
  it("refuses an unknown authority until SSL_CERT_FILE names it", async () => {
    const { ca, cert, key } = toPem(createLocalCredentials(Date.now()).server);
    const origin = `https://127.0.0.1:${await listen(createTlsServer({ cert, key }, (_, response) => response.end()))}`;
    const error = await failureOf(makeClient(origin).send({ method: "GET", path: "/" }, context));
    expect(error).toMatchObject({ code: Code.FailedPrecondition, kind: "configuration" });
    expect(error.message).toContain("SSL_CERT_FILE");
    const { file } = await writeAuthority(ca);
    const trusting = makeClient(origin, { environment: { SSL_CERT_FILE: file } });
    expect((await trusting.send({ method: "GET", path: "/" }, context)).status).toBe(200);
  });

  it("says so when SSL_CERT_FILE cannot be read", async () => {
    const client = makeClient("https://127.0.0.1:1", {
      environment: { SSL_CERT_FILE: "/does/not/exist.pem" },
    });
    const error = await failureOf(client.send({ method: "GET", path: "/" }, context));
    expect(error).toMatchObject({ code: Code.InvalidArgument, kind: "configuration" });
    expect(error.message).toContain("/does/not/exist.pem");
  });
});

describe("a proxy", () => {
  /** A proxy that keeps what it was asked for and answers tunnels with `status`. */
  async function startProxy(status = 502) {
    const asked: string[] = [];
    const credentials: (string | undefined)[] = [];
    const { createServer } = await import("node:http");
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      credentials.push(request.headers["proxy-authorization"]);
      response.end("from the proxy");
    });
    proxy.on("connect", (request, socket: Socket) => {
      asked.push(`CONNECT ${request.url}`);
      credentials.push(request.headers["proxy-authorization"]);
      socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
    });
    return { url: `http://127.0.0.1:${await listen(proxy)}`, asked, credentials };
  }

  it("named by HTTP_PROXY is asked for plain HTTP", async () => {
    const proxy = await startProxy();
    const client = makeClient("http://codecov.test", { environment: { HTTP_PROXY: proxy.url } });
    const answer = await client.send({ method: "GET", path: "/x" }, context);
    expect(Buffer.from(answer.body).toString()).toBe("from the proxy");
    expect(proxy.asked).toEqual(["GET http://codecov.test/x"]);
  });

  it("named by HTTPS_PROXY, with credentials, is asked for a tunnel, and its refusal is told", async () => {
    const proxy = await startProxy();
    const url = proxy.url.replace("//", "//user:pass@");
    const client = makeClient("https://codecov.test", { environment: { HTTPS_PROXY: url } });
    const error = await failureOf(client.send({ method: "GET", path: "/x" }, context));
    expect(proxy.asked).toEqual(["CONNECT codecov.test:443"]);
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from("user:pass").toString("base64")}`]);
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toContain("502");
  });

  it("that wants credentials is FailedPrecondition", async () => {
    const proxy = await startProxy(407);
    const client = makeClient("https://codecov.test", { environment: { https_proxy: proxy.url } });
    const error = await failureOf(client.send({ method: "GET", path: "/x" }, context));
    expect(error).toMatchObject({ code: Code.FailedPrecondition, kind: "configuration" });
  });

  it("is not the fallback for the other scheme", async () => {
    const proxy = await startProxy();
    const client = makeClient("https://nowhere.invalid", { environment: { HTTP_PROXY: proxy.url } });
    await failureOf(client.send({ method: "GET", path: "/x" }, context));
    expect(proxy.asked).toEqual([]);
  });

  it.each(["nowhere.invalid", ".invalid", "*"])("is not asked when NO_PROXY is %s", async (exception) => {
    const proxy = await startProxy();
    const environment = { HTTP_PROXY: proxy.url, NO_PROXY: exception };
    await failureOf(
      makeClient("http://nowhere.invalid", { environment }).send({ method: "GET", path: "/x" }, context),
    );
    expect(proxy.asked).toEqual([]);
  });

  it("is never asked for this machine", async () => {
    const proxy = await startProxy();
    const origin = await serve((_, response) => response.end("direct"));
    const answer = await makeClient(origin, { environment: { HTTP_PROXY: proxy.url } }).send(
      { method: "GET", path: "/x" },
      context,
    );
    expect(Buffer.from(answer.body).toString()).toBe("direct");
    expect(proxy.asked).toEqual([]);
  });

  it("with an unusable address is InvalidArgument that does not repeat it", async () => {
    const client = makeClient("http://codecov.test", {
      environment: { HTTP_PROXY: "ftp://me:s3cret@proxy" },
    });
    const error = await failureOf(client.send({ method: "GET", path: "/" }, context));
    expect(error).toMatchObject({ code: Code.InvalidArgument, kind: "configuration" });
    expect(error.message).not.toContain("s3cret");
  });
});

async function writeAuthority(pem: Buffer): Promise<{ file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "baton-http-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const file = join(folder, "ca.pem");
  await writeFile(file, pem);
  return { file };
}
