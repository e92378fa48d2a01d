import type { ActionRunner } from "./action-runner.ts";
import type { Provisioning } from "./provisioning.ts";
import type { Registry } from "./registry.ts";
import { actionEndpoints } from "./services/action-service.ts";
import { connectorEndpoints } from "./services/connector-service.ts";
import { eventEndpoints } from "./services/event-service.ts";
import { provisionEndpoints } from "./services/provision-services.ts";
import { syncEndpoints } from "./services/sync-services.ts";
import { assetEndpoints, rateLimiterEndpoints, ticketEndpoints } from "./services/unoffered-services.ts";
import type { Endpoint } from "./unary.ts";

/** What of the settings decides how services answer. */
export interface ServiceGates {
  /** Which operations that change something upstream are allowed. */
  readonly provisioning: Provisioning;
  /** Whether ticketing was asked for. */
  readonly ticketing: boolean;
  /** Milliseconds that one change may spend waiting for a busy upstream; absent: as long as the connector likes. */
  readonly changeWaitMs?: number | undefined;
}

/** Every method of the 16 services of a connector process. What a connector lacks still has a response. */
export function connectorProcessEndpoints(
  registry: Registry,
  runner: ActionRunner,
  gates: ServiceGates,
): Endpoint[] {
  return [
    ...connectorEndpoints(registry),
    ...syncEndpoints(registry),
    ...provisionEndpoints(registry, gates),
    ...actionEndpoints(registry, runner),
    ...eventEndpoints(registry),
    ...assetEndpoints(),
    ...ticketEndpoints(gates.ticketing),
    ...rateLimiterEndpoints(),
  ];
}
