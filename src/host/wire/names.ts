/** Names that both ends of the connector contract use, so that neither can change them alone. */

/** Environment variable that tells a connector process which descriptor its listening socket has. */
export const LISTENER_FD_VARIABLE = "BATON_CONNECTOR_SERVICE_LISTENER_FD";

/** Trailer with a serialized `google.rpc.Status`, as every gRPC implementation names it. */
export const STATUS_DETAILS_TRAILER = "grpc-status-details-bin";

/** With each response our own connector says how many requests it has sent upstream so far. */
export const REQUESTS_TRAILER = "baton-upstream-requests";

/** And the figures of the connector's own metrics, see `kernel/metrics-text.ts`. */
export const METRICS_TRAILER = "baton-metrics";

/** And where it reads, once it knows. */
export const SOURCE_TRAILER = "baton-upstream-source";
