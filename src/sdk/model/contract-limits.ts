/**
 * Upper bounds the contract sets, in bytes of UTF-8 unless the name says otherwise. What is longer is refused
 * by the connector that receives it in a request, so a text has to be cut where it enters.
 *
 * @example
 * const isUsable = (id: string) => id !== "" && Buffer.byteLength(id) <= Limit.id;
 */
export const Limit = {
  /** Resource type, resource, entitlement, grant, asset and event feed ids. Never cut an id: two could meet. */
  id: 1024,
  resourceDisplayName: 1024,
  resourceDescription: 2048,
  statusDetails: 1024,
  resourceTypeDisplayName: 1024,
  resourceTypeDescription: 4096,
  entitlementDisplayName: 1024,
  entitlementDescription: 2048,
  connectorDisplayName: 1024,
  connectorDescription: 4096,
  url: 1024,
  aliasId: 256,
  /** Number of ids in one `Aliases` annotation. */
  aliasCount: 100,
  pageToken: 1_048_576,
  ticketPageToken: 4096,
  eventCursor: 4096,
  /** Number of tokens in one `EnqueuePageTokens` annotation. */
  enqueuedPageTokenCount: 1024,
  activeSyncId: 1024,
  /** Rows a request may ask for in one page. */
  requestedPageSize: 250,
  /** Events a request may ask for in one page. */
  requestedEventPageSize: 1000,
} as const;
