import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { type Metadata, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import {
  type BatonServiceFinishTaskRequest,
  type BatonServiceHelloRequest,
  type BatonServiceServer,
  BatonServiceService,
  type BatonServiceUploadAssetRequest,
  type DeepPartial,
  Task,
} from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { Duration } from "#gen/google/protobuf/duration.ts";
import { Code } from "#kernel/errors.ts";
import { createKsuid } from "#kernel/ksuid.ts";
import { createServerCertificate } from "../certificates.ts";
import { checkFinish, checkHeartbeat, checkHello, checkHostId, checkTaskId } from "./request-rules.ts";
import { TokenEndpoint } from "./token-endpoint.ts";

export type Method = "hello" | "getTask" | "heartbeat" | "finishTask" | "uploadAsset";

/** What goes wrong with the next calls of a method. */
export interface CallFault {
  /** gRPC code to answer with; none for a call that is only slow. */
  readonly code?: Code;
  readonly delayMs?: number;
  /** The call takes effect and its answer gets lost. */
  readonly processed?: boolean;
  /** How often; without an end if undefined. */
  times?: number;
}

export interface LoggedCall {
  readonly method: Method;
  readonly userAgent: string;
  readonly hasDeadline: boolean;
  readonly at: number;
}

const MAX_DATA_BYTES = 1024 * 1024;

type TaskType = NonNullable<DeepPartial<Task>["taskType"]>;
type Callback<Response> = (error: Partial<ServiceError> | null, response?: Response) => void;

interface Incoming {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
}

/** A C1 that hands out tasks and checks everything it hears, on one real TLS socket for tokens and gRPC. */
export class FakeC1 implements AsyncDisposable {
  readonly port: number;
  /** Certificate authority, PEM. */
  readonly certificate: string;
  readonly tokens: TokenEndpoint;
  readonly calls: LoggedCall[] = [];
  readonly hellos: BatonServiceHelloRequest[] = [];
  /** Reports by task, in the order in which they came. */
  readonly finished = new Map<string, BatonServiceFinishTaskRequest[]>();
  /** Tasks whose report came in full, but whose sender was told otherwise. */
  readonly lostReports: string[] = [];
  /** Complete uploads by task. */
  readonly uploads = new Map<string, Buffer[]>();
  /** Rules that requests broke. */
  readonly violations: string[] = [];
  readonly faults: Partial<Record<Method, CallFault>> = {};
  /** Wait that answers to polls ask for. */
  nextPollMs = 20;
  nextHeartbeatMs = 1_000;
  readonly #queue: Task[] = [];
  readonly #handedOut = new Map<string, Task>();
  readonly #cancelled = new Set<string>();
  readonly #close: () => Promise<void>;

  private constructor(port: number, certificate: string, tokens: TokenEndpoint, close: () => Promise<void>) {
    this.port = port;
    this.certificate = certificate;
    this.tokens = tokens;
    this.#close = close;
  }

  /** @param port any free one if 0 */
  static async start(port = 0): Promise<FakeC1> {
    const { key, cert } = createServerCertificate();
    const tokens = new TokenEndpoint("acme.conductor.example");
    const http = createHttpServer((request, response) => void tokens.handle(request, response));
    const grpc = new Server();
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const sockets = new Set<TLSSocket>();
    const listener = createTlsServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
      if (socket.alpnProtocol === "h2") injector.injectConnection(socket);
      else http.emit("connection", socket);
    });
    listener.listen(port, "localhost");
    await once(listener, "listening");
    const close = async (): Promise<void> => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    const c1 = new FakeC1(portOf(listener.address()), cert, tokens, close);
    grpc.addService(BatonServiceService, c1.#implementation());
    return c1;
  }

  /** Variables that lead a program here; the certificate is to be written to `certificatePath`. */
  environment(certificatePath: string): Record<string, string> {
    return {
      BATON_C1_API_HOST: `localhost:${this.port}`,
      BATON_CLIENT_ID: this.tokens.clientId,
      BATON_CLIENT_SECRET: this.tokens.clientSecret,
      SSL_CERT_FILE: certificatePath,
    };
  }

  /** Hands a task out at the next poll and returns its id. */
  enqueue(taskType: TaskType, options: { readonly debug?: boolean; readonly id?: string } = {}): string {
    const { debug = false, id = createKsuid(Date.now()) } = options;
    this.#queue.push(Task.fromPartial({ id, debug, taskType }));
    return id;
  }

  /** Hands a task out once more. */
  repeat(id: string): void {
    const task = this.#handedOut.get(id);
    if (task === undefined) throw new Error(`task ${id} was never handed out`);
    this.#queue.push(task);
  }

  cancel(id: string): void {
    this.#cancelled.add(id);
  }

  isHandedOut(id: string): boolean {
    return this.#handedOut.has(id);
  }

  count(method: Method): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #implementation(): BatonServiceServer {
    return {
      hello: (call, done) =>
        this.#answer("hello", call, done, () => {
          this.#check("hello", checkHostId(call.request.hostId) ?? checkHello(call.request));
          this.hellos.push(call.request);
          return { annotations: [] };
        }),
      getTask: (call, done) =>
        this.#answer("getTask", call, done, () => {
          this.#check("getTask", checkHostId(call.request.hostId));
          const task = this.#queue.shift();
          if (task !== undefined) this.#handedOut.set(task.id, task);
          return { task, nextPoll: toDuration(this.nextPollMs), nextHeartbeat: undefined, annotations: [] };
        }),
      getTasks: (_call, done) => done({ code: Code.Unimplemented }),
      heartbeat: (call, done) =>
        this.#answer("heartbeat", call, done, () => {
          const { hostId, taskId } = call.request;
          this.#check("heartbeat", checkHostId(hostId) ?? checkHeartbeat(call.request));
          return {
            nextHeartbeat: toDuration(this.nextHeartbeatMs),
            cancelled: this.#cancelled.has(taskId),
            annotations: [],
            cancelledTaskIds: [],
          };
        }),
      finishTask: (call, done) => {
        const { hostId, taskId } = call.request;
        const lost = (): number => this.lostReports.push(taskId);
        const act = () => {
          this.#check("finishTask", checkHostId(hostId) ?? checkFinish(call.request));
          if (!this.#handedOut.has(taskId)) this.violations.push(`finishTask: unknown task ${taskId}`);
          this.finished.set(taskId, [...(this.finished.get(taskId) ?? []), call.request]);
          return { annotations: [] };
        };
        this.#answer("finishTask", call, done, act, lost);
      },
      uploadAsset: (call, done) => {
        const parts: BatonServiceUploadAssetRequest[] = [];
        const fault = this.faults.uploadAsset;
        call.on("error", () => undefined);
        // An upload that fails does so at once, while the other side is still sending.
        if (fault?.code !== undefined && fault.processed !== true) {
          call.resume();
          this.#answer("uploadAsset", call, done, () => ({ annotations: [] }));
          return;
        }
        call.on("data", (part: BatonServiceUploadAssetRequest) => parts.push(part));
        call.on("end", () =>
          this.#answer("uploadAsset", call, done, () => {
            this.#receive(parts);
            return { annotations: [] };
          }),
        );
      },
      startDebugging: (_call, done) => done({ code: Code.Unimplemented }),
    };
  }

  #answer<Response>(
    method: Method,
    call: Incoming,
    done: Callback<Response>,
    act: () => Response,
    onLost: () => void = () => undefined,
  ): void {
    const [userAgent = ""] = call.metadata.get("user-agent").map(String);
    const hasDeadline = Number.isFinite(Number(call.getDeadline()));
    this.calls.push({ method, userAgent, hasDeadline, at: Date.now() });
    const fault = this.#takeFault(method);
    const respond = (): void => {
      if (!this.tokens.isValid(call.metadata.get("authorization")[0])) {
        done({ code: Code.Unauthenticated, details: "the token is not good" });
        return;
      }
      if (fault?.code !== undefined && fault.processed !== true) {
        done({ code: fault.code, details: "as the test wants it" });
        return;
      }
      const violations = this.violations.length;
      const response = act();
      if (fault?.code !== undefined) {
        onLost();
        done({ code: fault.code, details: "the answer got lost" });
      } else if (this.violations.length > violations) {
        done({ code: Code.InvalidArgument, details: this.violations.slice(violations).join("; ") });
      } else done(null, response);
    };
    if (fault?.delayMs === undefined) respond();
    else setTimeout(respond, fault.delayMs);
  }

  #takeFault(method: Method): CallFault | undefined {
    const fault = this.faults[method];
    if (fault === undefined) return undefined;
    if (fault.times !== undefined) {
      fault.times -= 1;
      if (fault.times <= 0) delete this.faults[method];
    }
    return fault;
  }

  #receive(parts: readonly BatonServiceUploadAssetRequest[]): void {
    const [first, ...rest] = parts.map(({ msg }) => msg);
    const last = rest.pop();
    if (first?.$case !== "metadata" || last?.$case !== "eof") {
      this.violations.push("uploadAsset: metadata first, end last");
      return;
    }
    const chunks = rest.map((part) => (part?.$case === "data" ? part.value.data : Buffer.alloc(0)));
    if (chunks.some(({ length }) => length < 1 || length > MAX_DATA_BYTES)) {
      this.violations.push("uploadAsset: data of 1 byte to 1 MiB");
    }
    const content = Buffer.concat(chunks);
    if (!createHash("sha256").update(content).digest().equals(last.value.sha256Checksum)) {
      this.violations.push("uploadAsset: wrong checksum");
    }
    const { hostId, taskId } = first.value;
    this.#check("uploadAsset", checkHostId(hostId) ?? checkTaskId(taskId));
    this.uploads.set(taskId, [...(this.uploads.get(taskId) ?? []), content]);
  }

  #check(method: Method, problem: string | undefined): void {
    if (problem !== undefined) this.violations.push(`${method}: ${problem}`);
  }
}

function toDuration(ms: number): Duration {
  return Duration.fromPartial({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
