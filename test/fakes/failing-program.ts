import { setTimeout as delay } from "node:timers/promises";
import { main } from "#cli/program.ts";
import type { ConnectorDefinition, Page, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import { ToyConnector } from "./toy-connector.ts";
import { toy } from "./toy-definition.ts";

/** How often the first question whether the connector works is answered with a passing fault. */
const REFUSALS = 1;

/** What happens in the connector once the first people have been listed, chosen by the variable TOY_FAILURE. */
const failures: Readonly<Record<string, () => void>> = {
  none: () => undefined,
  "uncaught exception": () => {
    setImmediate(() => {
      throw new Error("the toy broke");
    });
  },
  "forgotten promise": () => void Promise.reject(new Error("the toy forgot")),
  "end of the thread": () => process.exit(16),
};

/** What happens when the connector is asked whether it works. */
const validationFailures: Readonly<Record<string, (asked: number) => void>> = {
  "validation at first": (asked) => {
    // What the runtime repeats by itself for 15 s would make the tests slow; a time-out of the platform it does not.
    if (asked <= REFUSALS) throw new DOMException("the toy company is closed", "TimeoutError");
  },
  "end of the thread in the validation": () => process.exit(16),
};

class FailingConnector extends ToyConnector {
  #asked = 0;

  constructor(people: number) {
    super(people);
    this.syncers = this.syncers.map((syncer) => this.#failAfterFirst(syncer));
  }

  override async validate() {
    this.#asked += 1;
    validationFailures[process.env["TOY_FAILURE"] ?? "none"]?.(this.#asked);
    return await super.validate();
  }

  #failAfterFirst(syncer: ResourceSyncer): ResourceSyncer {
    if (syncer.resourceType.id !== "person") return syncer;
    const list = async (...[parent, page, ctx]: Parameters<ResourceSyncer["list"]>) => {
      if (isLater(page)) await this.#fail();
      return (await syncer.list(parent, page, ctx)) satisfies Page<unknown>;
    };
    return { resourceType: syncer.resourceType, list };
  }

  async #fail(): Promise<void> {
    failures[process.env["TOY_FAILURE"] ?? "none"]?.();
    await delay(10);
  }
}

function isLater({ pageToken }: PageRequest): boolean {
  return pageToken !== "";
}

const failing: ConnectorDefinition<typeof toy.fields> = {
  ...toy,
  create: ({ people }) => new FailingConnector(people),
};

// The toy company as a whole program whose connector does not live long.
main({ definition: failing, version: "0.0.0" });
