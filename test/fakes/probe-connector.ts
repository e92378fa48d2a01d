import type { ResourceId } from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import type { Span, Tracer } from "#kernel/trace.ts";
import { packAnnotation } from "#model/annotations.ts";
import type { Page, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import { makePerson, ToyConnector } from "./toy-connector.ts";

/** When the quota of {@link ProbeConnector} is there again, in epoch milliseconds. */
export const QUOTA_RESET_AT = 1_700_000_000_000;

/**
 * A company whose listing of people does what its page token says, so that tests can drive any connection to it:
 *
 * - `large <bytes>`: one person with a name of that length
 * - `quota`: fails with all the facts that an error can carry
 * - `wait`: waits until the call is cancelled
 * - `waiting`: a person for each call that waits
 * - `cancelled`: a person for each call that was cancelled, named after the reason
 *
 * Validate answers with the trace that it was called in, as the request id.
 */
export class ProbeConnector extends ToyConnector {
  readonly tracer: Tracer;
  #traceParent = "";
  #waiting = 0;
  readonly #cancelled: string[] = [];

  constructor() {
    super();
    this.syncers = this.syncers.map((syncer) => this.#probe(syncer));
    this.tracer = {
      start: (_name, _start, findHeader) => {
        this.#traceParent = findHeader?.("traceparent") ?? "";
        return SPAN;
      },
    };
  }

  override async validate() {
    await super.validate();
    return { annotations: [packAnnotation("RequestId", { requestId: this.#traceParent })] };
  }

  #probe(syncer: ResourceSyncer): ResourceSyncer {
    const { resourceType } = syncer;
    if (resourceType.id !== "person") return syncer;
    return { resourceType, list: (_parent, page, ctx) => this.#list(_parent, page, ctx) };
  }

  async #list(_parent: ResourceId | undefined, page: PageRequest, ctx: CallContext) {
    const [word = "", bytes] = page.pageToken.split(" ");
    switch (word) {
      case "large":
        return pageOfNames(["x".repeat(Number(bytes))]);
      case "quota":
        throw new BatonError(Code.ResourceExhausted, "the quota is used up", {
          rateLimit: { limit: 100, remaining: 0, resetAt: QUOTA_RESET_AT },
          errorInfo: { reason: "QUOTA", domain: "toys.example", metadata: { plan: "small" } },
        });
      case "wait":
        return await this.#wait(ctx);
      case "waiting":
        return pageOfNames(Array.from({ length: this.#waiting }, () => "waiting"));
      default:
        return pageOfNames(this.#cancelled);
    }
  }

  async #wait({ clock, signal }: CallContext): Promise<never> {
    this.#waiting += 1;
    try {
      await clock.sleep(3_600_000, signal);
    } catch {
      this.#cancelled.push(toBatonError(signal.reason).message);
    }
    throw new BatonError(Code.Canceled, "waited no longer");
  }
}

function pageOfNames(names: readonly string[]): Page<ReturnType<typeof makePerson>> {
  return {
    items: names.map((name, index) => ({ ...makePerson(`person-${index}`), displayName: name })),
    nextPageToken: "",
  };
}

/** Shows nothing anywhere. */
const SPAN: Span = {
  traceId: "0".repeat(32),
  spanId: "0".repeat(16),
  startChild: () => SPAN,
  set: () => undefined,
  end: () => undefined,
  toHeaders: () => ({}),
};
