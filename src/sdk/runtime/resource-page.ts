import { Resource } from "#gen/c1/connector/v2/resource.ts";
import { Any } from "#gen/google/protobuf/any.ts";
import { BackwardWriter } from "#model/backward-writer.ts";
import { canonicalBytes } from "#model/canonical.ts";
import { EncodedUser } from "#model/user.ts";
import type { ListedResource, Page } from "./connector.ts";

/** What a page takes beside its rows, usually: tags, lengths and the page token. */
const OVERHEAD_BYTES = 4 * 1024;
const ROW_OVERHEAD_BYTES = 8;

/** A page as the bytes of a `ResourcesServiceListResourcesResponse`; rows that are encoded are taken as they are. */
export function encodeResourcePage({ items, nextPageToken, annotations = [] }: Page<ListedResource>): Buffer {
  const rows = items.map(encodeRow);
  const size = rows.reduce((sum, row) => sum + row.length + ROW_OVERHEAD_BYTES, OVERHEAD_BYTES);
  const writer = new BackwardWriter(size);
  for (const annotation of annotations.toReversed()) writer.bytes(3, Any.encode(annotation).finish());
  if (nextPageToken !== "") writer.text(2, nextPageToken);
  for (const row of rows.reverse()) writer.bytes(1, row);
  return writer.take();
}

/** A row as the bytes of a `StreamResourcesResponse`. */
export function encodeStreamedRow(row: ListedResource): Buffer {
  const bytes = encodeRow(row);
  const writer = new BackwardWriter(bytes.length + ROW_OVERHEAD_BYTES);
  writer.bytes(1, bytes);
  return writer.take();
}

/** In the one form that the content has, so that a host can compare what it stored: encoded users are in it already. */
function encodeRow(row: ListedResource): Uint8Array {
  if (row instanceof EncodedUser) return row.encoded;
  return canonicalBytes("c1.connector.v2.Resource", Resource.encode(row).finish());
}
