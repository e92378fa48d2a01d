import {
  type TicketSchema,
  TicketsServiceBulkCreateTicketsResponse,
  TicketsServiceBulkGetTicketsResponse,
  TicketsServiceCreateTicketResponse,
  TicketsServiceGetTicketResponse,
  TicketsServiceListTicketSchemasResponse,
} from "#gen/c1/connector/v2/ticket.ts";
import type { Task_CreateTicketTask as CreateTicketTask } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { FeatureClient } from "#launch/feature-client.ts";
import { packAny, withAnnotation } from "#model/annotations.ts";
import { type CallHandlers, MalformedTaskError, pack, requirePart } from "./handler.ts";

/** Schemas beyond this are left out, as by Go connectors. */
const MAX_SCHEMAS = 100;

/**
 * Tickets. A connector without them answers that it has none; this passes on whatever it says, in the form
 * of Go connectors: annotations of the task come back with the response.
 */
export const ticketHandlers: CallHandlers = {
  listTicketSchemas: {
    async run(_payload, { connector, ctx }) {
      const list = await readSchemas(await connector.features(), ctx.signal);
      if (list.length === 0) throw new BatonError(Code.NotFound, "the connector has no ticket schemas");
      const response = { list, nextPageToken: "", annotations: [] };
      return pack(
        "TicketsServiceListTicketSchemasResponse",
        TicketsServiceListTicketSchemasResponse,
        response,
      );
    },
  },
  createTicketTask: {
    changes: true,
    async run(payload, { connector, ctx }) {
      requirePart(payload.ticketRequest !== undefined, "a ticket");
      const features = await connector.features();
      const response = await features.createTicket(toRequest(payload), ctx.signal);
      const annotations = mergeAnnotations(response.annotations, payload.annotations);
      const merged = { ...response, annotations };
      return pack("TicketsServiceCreateTicketResponse", TicketsServiceCreateTicketResponse, merged);
    },
  },
  getTicket: {
    async run({ ticketId: id, annotations: own }, { connector, ctx }) {
      requirePart(id !== "", "the id of a ticket");
      const features = await connector.features();
      const response = await features.getTicket({ id, annotations: own }, ctx.signal);
      if (response.ticket === undefined) {
        throw new MalformedTaskError(Code.NotFound, `the connector has no ticket ${id}`);
      }
      const merged = { ...response, annotations: mergeAnnotations(response.annotations, own) };
      return pack("TicketsServiceGetTicketResponse", TicketsServiceGetTicketResponse, merged);
    },
  },
  bulkCreateTickets: {
    changes: true,
    async run({ ticketRequests }, { connector, ctx }) {
      requirePart(ticketRequests.length > 0, "tickets");
      const features = await connector.features();
      const request = { ticketRequests: ticketRequests.map(toRequest) };
      const response = await features.bulkCreateTickets(request, ctx.signal);
      requireAll(response.tickets, ticketRequests);
      const name = "c1.connector.v2.TicketsServiceBulkCreateTicketsResponse";
      return { response: packAny(name, TicketsServiceBulkCreateTicketsResponse, response) };
    },
  },
  bulkGetTickets: {
    async run({ ticketRequests: asked }, { connector, ctx }) {
      requirePart(asked.length > 0, "tickets");
      const features = await connector.features();
      const ticketRequests = asked.map(({ ticketId: id, annotations }) => ({ id, annotations }));
      const response = await features.bulkGetTickets({ ticketRequests }, ctx.signal);
      requireAll(response.tickets, asked);
      const name = "c1.connector.v2.TicketsServiceBulkGetTicketsResponse";
      return { response: packAny(name, TicketsServiceBulkGetTicketsResponse, response) };
    },
  },
};

async function readSchemas(features: FeatureClient, signal: AbortSignal): Promise<TicketSchema[]> {
  const schemas: TicketSchema[] = [];
  let pageToken = "";
  do {
    const page = await features.listTicketSchemas({ pageSize: 0, pageToken, annotations: [] }, signal);
    schemas.push(...page.list);
    if (page.nextPageToken === pageToken) break;
    pageToken = page.nextPageToken;
  } while (schemas.length < MAX_SCHEMAS);
  return schemas.slice(0, MAX_SCHEMAS);
}

function toRequest({ ticketRequest: request, ticketSchema: schema, annotations }: CreateTicketTask) {
  return { request, schema, annotations };
}

function mergeAnnotations(annotations: readonly Any[], added: readonly Any[]): Any[] {
  return added.reduce<Any[]>((merged, annotation) => withAnnotation(merged, annotation), [...annotations]);
}

function requireAll(answered: readonly unknown[], asked: readonly unknown[]): void {
  if (answered.length === asked.length) return;
  throw new MalformedTaskError(
    Code.Internal,
    `the connector returned ${answered.length} of ${asked.length} tickets`,
  );
}
