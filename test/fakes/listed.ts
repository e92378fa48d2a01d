import { Resource } from "#model/resource.ts";
import { EncodedUser } from "#model/user.ts";
import type { ListedResource } from "#runtime/connector.ts";

/** A row of a listing as a message. */
export function toResource(row: ListedResource): Resource {
  return row instanceof EncodedUser ? Resource.decode(row.encoded) : row;
}
