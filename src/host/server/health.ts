import {
  type HealthCheckRequest,
  HealthService,
  HealthCheckResponse_ServingStatus as Status,
} from "#gen/grpc/health/v1/health.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { raceAbort } from "#kernel/waiting.ts";
import { type Endpoint, serverStream, unary } from "#runtime/unary.ts";

/** The requests of this service have no rules that a message could break. */
const anything = () => undefined;

/**
 * The standard health service: whether the server, or one of its services, takes calls. It says nothing of the
 * upstream system; that is for Validate, and for `/health` over HTTP.
 */
export class Health {
  readonly endpoints: readonly Endpoint[];
  readonly #services: () => readonly string[];
  readonly #stopped = Promise.withResolvers<void>();
  #status: Status = Status.SERVING;

  /** @param services full names of the services that there are */
  constructor(services: () => readonly string[]) {
    this.#services = services;
    this.endpoints = [
      unary(
        HealthService.check,
        async ({ service }) => {
          const status = this.#statusOf(service);
          if (status !== undefined) return { status };
          throw new BatonError(Code.NotFound, `there is no service "${service}"`);
        },
        anything,
      ),
      unary(
        HealthService.list,
        async () => {
          const names = ["", ...this.#services()];
          return { statuses: new Map(names.map((name) => [name, { status: this.#status }])) };
        },
        anything,
      ),
      serverStream(HealthService.watch, (request, { signal }) => this.#watch(request, signal), anything),
    ];
  }

  /** From now on nothing is served; clients that watch learn it, and their calls end. */
  stop(): void {
    this.#status = Status.NOT_SERVING;
    this.#stopped.resolve();
  }

  async *#watch({ service }: HealthCheckRequest, signal: AbortSignal) {
    yield { status: this.#statusOf(service) ?? Status.SERVICE_UNKNOWN };
    if (this.#status !== Status.SERVING) return;
    await raceAbort(this.#stopped.promise, signal);
    if (this.#statusOf(service) !== undefined) yield { status: this.#status };
  }

  #statusOf(service: string): Status | undefined {
    return service === "" || this.#services().includes(service) ? this.#status : undefined;
  }
}
