/**
 * Where a connector reads, and on whose behalf: what a record of a sync should hold beside the rows. It travels beside
 * the responses of a connector, as hosts of others have no place for it.
 */
export interface UpstreamSource {
  /** The address of the upstream's API, without secrets. */
  readonly address: string;
  /** The account that the credentials belong to; undefined if the upstream does not say. */
  readonly account?: string | undefined;
  /** Whether that account is an administrator; undefined if that is not known. */
  readonly isAdmin?: boolean | undefined;
}

/** Longer texts than these were not written by a connector of ours. */
const MAX_LENGTH = 4_096;

/** As a header value, which can hold ASCII only. */
export function formatUpstreamSource({ address, account, isAdmin }: UpstreamSource): string {
  return encodeURIComponent(JSON.stringify({ address, account, isAdmin }));
}

/** Reads what {@link formatUpstreamSource} wrote; undefined if it is something else. */
export function parseUpstreamSource(text: string): UpstreamSource | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return toUpstreamSource(JSON.parse(decodeURIComponent(text)));
  } catch {
    return undefined;
  }
}

/** Checks a value that comes from elsewhere; undefined if it does not say where a connector reads. */
export function toUpstreamSource(value: unknown): UpstreamSource | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { address, account, isAdmin }: { address?: unknown; account?: unknown; isAdmin?: unknown } = value;
  if (typeof address !== "string") return undefined;
  return {
    address,
    account: typeof account === "string" ? account : undefined,
    isAdmin: typeof isAdmin === "boolean" ? isAdmin : undefined,
  };
}
