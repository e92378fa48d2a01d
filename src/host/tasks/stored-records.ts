import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { hasAnnotation } from "#model/annotations.ts";
import { formatResourceKey, type ResourceKeyParts } from "#model/ids.ts";
import { type C1zReader, openC1zReadOnly } from "#store/c1z-file.ts";
import type { RecordReader } from "#store/reader.ts";

/** Where a task looks up what it is to act on. */
export interface RecordSource {
  readonly file: string;
  readonly tempDir?: string | undefined;
}

/**
 * Runs `work` on what the last syncs of a file know: the latest finished sync of any type and, for what that
 * one has not (it may have been a targeted one), the latest full one.
 *
 * @throws BatonError NotFound if the file, a finished sync in it or what `work` asks for does not exist.
 */
export async function withStoredRecords<T>(
  { file: path, tempDir }: RecordSource,
  ctx: CallContext,
  work: (records: StoredRecords) => Promise<T>,
): Promise<T> {
  await using file = await openC1zReadOnly(path, { tempDir, signal: ctx.signal });
  return await work(new StoredRecords(file));
}

/** Looks up single rows; what is missing is an error that says how to get it. */
export class StoredRecords {
  /** The file. */
  readonly path: string;
  readonly #readers: readonly RecordReader[];

  constructor(file: C1zReader) {
    this.path = file.path;
    const latest = file.runs.pick();
    const full = file.runs.latestFinished("full");
    this.#readers = [...new Set([latest.id, full?.id ?? latest.id])].map((id) => file.reader(id));
  }

  entitlement(id: string): Entitlement {
    return this.#find(`entitlement ${id}`, (reader) => reader.findEntitlement(id));
  }

  resource(key: ResourceKeyParts): Resource {
    return this.#find(`resource ${formatResourceKey(key)}`, (reader) => reader.findResource(key));
  }

  grant(id: string): Grant {
    return this.#find(`grant ${id}`, (reader) => reader.findGrant(id));
  }

  /**
   * The entitlement with its resource as it is stored, which can say more than the copy inside it.
   *
   * @throws BatonError FailedPrecondition if the resource belongs to another connector.
   */
  entitlementWithResource(id: string): Entitlement {
    const entitlement = this.entitlement(id);
    const key = entitlement.resource?.id;
    if (key === undefined)
      throw new BatonError(Code.DataLoss, `entitlement ${id} has no resource in ${this.path}`);
    const resource = this.resource(key);
    if (hasAnnotation(resource.annotations, "BatonID")) {
      throw new BatonError(
        Code.FailedPrecondition,
        `entitlement ${id} belongs to an external resource, which only its own connector can change`,
      );
    }
    return { ...entitlement, resource };
  }

  #find<T>(what: string, find: (reader: RecordReader) => T | undefined): T {
    for (const reader of this.#readers) {
      const found = find(reader);
      if (found !== undefined) return found;
    }
    throw new BatonError(Code.NotFound, `${this.path} contains no ${what}; sync again or correct the id`);
  }
}
