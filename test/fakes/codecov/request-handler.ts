import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { answerRequest } from "./application.ts";
import { applyChange } from "./changes.ts";
import { answerControl, CONTROL_PREFIX, type ControlTarget } from "./control.ts";
import { deliver, planDelivery } from "./delivery.ts";
import type { Fault, FaultPlan } from "./faults.ts";
import { isAllowedHost, WRONG_HOST } from "./hosts.ts";
import { ApiRequest } from "./request.ts";
import type { LoggedRequest, RequestLog } from "./request-log.ts";
import type { ServerState } from "./state.ts";
import type { ServerSettings } from "./view.ts";

export interface RequestHandlerOptions {
  readonly scheme: "http" | "https";
  /** Time that every answer takes at least, in milliseconds. */
  readonly latencyMs: number;
  readonly allowedHosts: readonly string[];
}

/** Takes a request from the socket through log, faults and application back to the socket. */
export class RequestHandler implements ControlTarget {
  readonly state: ServerState;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  readonly #settings: ServerSettings;
  readonly #options: RequestHandlerOptions;
  #latencyMs: number;

  constructor(
    settings: ServerSettings,
    state: ServerState,
    faults: FaultPlan,
    log: RequestLog,
    options: RequestHandlerOptions,
  ) {
    this.state = state;
    this.faults = faults;
    this.log = log;
    this.#settings = settings;
    this.#options = options;
    this.#latencyMs = options.latencyMs;
  }

  setLatency(ms: number): void {
    this.#latencyMs = ms;
  }

  async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url: target = "/", headers } = incoming;
    const isControl = target.startsWith(CONTROL_PREFIX);
    const entry = isControl ? undefined : this.#logRequest(incoming, outgoing);
    const request = new ApiRequest(method, target, headers, this.#options.scheme, await readBody(incoming));
    if (entry !== undefined) return await this.#serve(request, target, outgoing, entry);
    await deliver(outgoing, false, { answer: answerControl(request, this) }, this.#settings.clock);
  }

  #logRequest(
    { method = "GET", url = "/", headers }: IncomingMessage,
    outgoing: ServerResponse,
  ): LoggedRequest {
    const entry = this.log.begin(method, url, headers, this.#settings.clock.now());
    outgoing.once("close", () => this.log.end(entry));
    return entry;
  }

  async #serve(
    request: ApiRequest,
    target: string,
    outgoing: ServerResponse,
    entry: LoggedRequest,
  ): Promise<void> {
    const { clock, random } = this.#settings;
    const faults = this.faults.take(request.method, target);
    if (this.#latencyMs > 0) await clock.sleep(this.#latencyMs);
    await this.#pause(faults, false);
    this.#change(faults, "before");

    const fault = faults.find(({ kind }) => kind !== "change" && kind !== "delay");
    const answer = takesEffect(fault) ? await this.#answer(request) : NOTHING;
    this.#change(faults, "after");
    await this.#pause(faults, true);

    if (fault?.kind === "stall") return;
    if (fault?.kind === "reset" && (fault.at === "request" || fault.at === "answer")) {
      outgoing.socket?.resetAndDestroy();
      return;
    }
    const delivery = planDelivery(answer, fault, random);
    entry.status = delivery.answer.status;
    entry.bytes = delivery.answer.body.length;
    await deliver(outgoing, request.method === "HEAD", delivery, clock);
  }

  async #answer(request: ApiRequest): Promise<Answer> {
    if (!isAllowedHost(request.headers.host, this.#options.allowedHosts)) return WRONG_HOST;
    return await answerRequest(request, this.state, this.#settings);
  }

  async #pause(faults: readonly Fault[], processed: boolean): Promise<void> {
    for (const fault of faults) {
      if (fault.kind === "delay" && fault.processed === processed) await this.#settings.clock.sleep(fault.ms);
    }
  }

  #change(faults: readonly Fault[], when: "before" | "after"): void {
    for (const fault of faults) {
      if (fault.kind !== "change" || fault.when !== when) continue;
      for (const change of fault.changes) applyChange(this.state, change);
    }
  }
}

const NOTHING: Answer = { status: 200, headers: {}, body: Buffer.alloc(0) };

/** Whether the request does its work on the server although the client may not hear of it. */
function takesEffect(fault: Fault | undefined): boolean {
  if (fault?.kind === "stall" || fault?.kind === "answer") return fault.processed;
  return fault?.kind !== "reset" || fault.at !== "request";
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
