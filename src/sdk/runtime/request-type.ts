import { REQUEST_TYPES } from "./validate-request.ts";

/**
 * The full name of the message that a method takes. The contract names requests after service and method, or
 * after the method alone where that is unique: `/p.TicketsService/GetTicket` takes
 * `p.TicketsServiceGetTicketRequest`, `/p.EventService/ListEvents` takes `p.ListEventsRequest`.
 */
export function requestTypeOf(path: string): string {
  const [, service = "", method = ""] = path.split("/");
  const dot = service.lastIndexOf(".") + 1;
  const scope = service.slice(0, dot);
  const candidates = [`${service}${method}Request`, `${scope}${method}Request`];
  const known = candidates.find((name) => REQUEST_TYPES.includes(name));
  if (known === undefined) throw new Error(`no request rules are declared for the method ${path}`);
  return known;
}
