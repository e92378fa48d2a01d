import type { Any } from "#gen/google/protobuf/any.ts";
import { findAnnotations } from "#model/annotations.ts";
import { Limit } from "#model/contract-limits.ts";
import { utf8Length } from "#model/utf8.ts";
import { contractViolation, type SyncSession } from "./session.ts";
import type { SyncAction } from "./sync-token.ts";

const MAX_TOTAL_BYTES = 16 * 1024 * 1024;

/** Cursors that a connector adds to a response, so that parts of one listing can be read side by side. */
export class SpawnedCursors {
  readonly #admitted = new Set<string>();

  /**
   * Schedules the cursors in `annotations` as listings of their own. One that was admitted before is skipped.
   *
   * @throws BatonError if they break a limit or repeat each other or the page's own continuation.
   */
  schedule(
    session: SyncSession,
    action: SyncAction,
    annotations: readonly Any[],
    nextPageToken: string,
  ): void {
    const [found, another] = findAnnotations(annotations, "EnqueuePageTokens");
    if (found === undefined) return;
    const subject = `the response to ${action.operation} of ${action.resourceTypeId}:${action.resourceId}`;
    if (another !== undefined) throw contractViolation(`${subject} has two lists of added page tokens`);
    const { pageTokens } = found;
    checkLimits(subject, pageTokens);
    if (new Set([nextPageToken, ...pageTokens]).size !== pageTokens.length + 1) {
      throw contractViolation(`${subject} has the same page token twice`);
    }
    const { operation, resourceTypeId, resourceId, parentResourceTypeId, parentResourceId, typeScoped } =
      action;
    const subjectOfAction = {
      operation,
      resourceTypeId,
      resourceId,
      parentResourceTypeId,
      parentResourceId,
      typeScoped,
    };
    const fresh = pageTokens.filter((pageToken) => {
      const key = JSON.stringify([...Object.values(subjectOfAction), pageToken]);
      const isNew = !this.#admitted.has(key);
      this.#admitted.add(key);
      if (!isNew) session.ctx.log.warn("a page token was added a second time and is read once", { subject });
      return isNew;
    });
    session.state.push(
      ...fresh.reverse().map((pageToken) => ({ ...subjectOfAction, pageToken, spawned: true })),
    );
  }
}

function checkLimits(subject: string, pageTokens: readonly string[]): void {
  if (pageTokens.length > Limit.enqueuedPageTokenCount) {
    throw contractViolation(
      `${subject} adds ${pageTokens.length} page tokens, more than ${Limit.enqueuedPageTokenCount}`,
    );
  }
  const sizes = pageTokens.map(utf8Length);
  if (sizes.some((size) => size === 0 || size > Limit.pageToken)) {
    throw contractViolation(
      `${subject} adds a page token that is empty or longer than ${Limit.pageToken} bytes`,
    );
  }
  if (sizes.reduce((sum, size) => sum + size, 0) > MAX_TOTAL_BYTES) {
    throw contractViolation(`${subject} adds page tokens of more than ${MAX_TOTAL_BYTES} bytes`);
  }
}
