import {
  ResourceStreamServiceService as ResourceStream,
  type StreamResourcesRequest,
} from "#gen/baton/stream/v1/stream.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { withPrefix } from "../call-errors.ts";
import { checkResources, checkToken } from "../page-guard.ts";
import type { Registry } from "../registry.ts";
import { field, messageRules, nested } from "../request-checks.ts";
import * as rules from "../request-rules.ts";
import { encodeStreamedRow } from "../resource-page.ts";
import { type Endpoint, serverStream } from "../unary.ts";
import { toInvalidArgument } from "../validate-request.ts";
import { listResources } from "./sync-services.ts";

const { check } = messageRules<StreamResourcesRequest>("StreamResourcesRequest", [
  field("resourceTypeId", rules.id),
  field("parentResourceId", nested(rules.resourceId)),
]);

/** Streams at a time. Each holds a page, which for a caller that does not read is held for minutes. */
const MAX_STREAMS = 32;

/**
 * All resources of a type in one response, as they arrive: this program's own addition to the contract, for people
 * with grpcurl. The next page is asked for once the caller has read the one before. A connector that has to
 * begin a listing again sends what it had sent before again.
 */
export function resourceStreamEndpoints(registry: Registry): Endpoint[] {
  let open = 0;
  return [
    serverStream(
      { ...ResourceStream.streamResources, responseSerialize: encodeStreamedRow },
      async function* (request, ctx) {
        if (open >= MAX_STREAMS) {
          throw new BatonError(
            Code.ResourceExhausted,
            `${MAX_STREAMS} streams are open already; try again when one of them has ended`,
          );
        }
        open += 1;
        try {
          yield* listAll(registry, request, ctx);
        } finally {
          open -= 1;
        }
      },
      (request) => toInvalidArgument(check(request)),
    ),
  ];
}

async function* listAll(registry: Registry, request: StreamResourcesRequest, ctx: CallContext) {
  const syncer = registry.syncer(request.resourceTypeId);
  const what = `resources of type "${request.resourceTypeId}"`;
  const paging = { ...request, pageSize: 0, activeSyncId: "" };
  let pageToken = "";
  do {
    const page = await withPrefix("error: listing resources failed", () =>
      listResources(syncer, { ...paging, pageToken }, ctx),
    );
    checkToken(what, pageToken, page);
    checkResources(page.items, registry);
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}
