import { BatonError, Code } from "#kernel/errors.ts";
import {
  formatActionId,
  type Operation,
  parseToken,
  type SyncAction,
  type SyncFlags,
  type SyncToken,
  serializeToken,
} from "./sync-token.ts";

/** What a new action needs; everything not given is empty. */
export type NewSyncAction = Pick<SyncAction, "operation"> & Partial<Omit<SyncAction, "id" | "operation">>;

const BLANK: Omit<SyncAction, "id" | "operation"> = {
  pageToken: "",
  resourceTypeId: "",
  resourceId: "",
  parentResourceTypeId: "",
  parentResourceId: "",
  spawned: false,
  typeScoped: false,
  typeScopedPlanned: false,
};

/**
 * What a sync still has to do: a stack of actions whose top comes next, and what is known for all of them.
 * Changes take place between two awaits, after the rows they follow were stored, so {@link serialize} may be
 * called at any moment: its result is never ahead of the rows.
 */
export class SyncState {
  readonly flags: SyncFlags;
  /** Ids ascend; the last one is the top. */
  readonly #stack: SyncAction[];
  readonly #extra: SyncToken["extra"];
  #nextId: number;
  #completed: number;

  /**
   * The state that a stored token describes. One without actions starts over: the empty text of a sync that has just
   * started, and the token that a crash right before the end leaves.
   *
   * @throws BatonError DataLoss if the token breaks a rule of its format.
   */
  constructor(token: string) {
    const { flags, actions, extra, nextId, completed } = parseToken(token === "" ? "{}" : token);
    this.flags = flags;
    this.#stack = [...actions];
    this.#extra = extra;
    this.#nextId = nextId;
    this.#completed = completed;
    if (actions.length === 0) this.push({ operation: "init" });
  }

  serialize(): string {
    return serializeToken({
      actions: this.#stack,
      nextId: this.#nextId,
      completed: this.#completed,
      flags: this.flags,
      extra: this.#extra,
    });
  }

  get completed(): number {
    return this.#completed;
  }

  get pending(): number {
    return this.#stack.length;
  }

  /** The action that comes next, or undefined at the end. */
  top(): SyncAction | undefined {
    return this.#stack.at(-1);
  }

  /** Up to `limit` actions from the top that satisfy `condition`, up to the first that does not; top first. */
  topRun(condition: (action: SyncAction) => boolean, limit: number): SyncAction[] {
    const candidates = this.#stack.slice(-limit).reverse();
    const end = candidates.findIndex((action) => !condition(action));
    return end === -1 ? candidates : candidates.slice(0, end);
  }

  /** Puts actions on the stack; the last one given comes next. */
  push(...actions: readonly NewSyncAction[]): void {
    for (const action of actions) {
      this.#stack.push({ ...BLANK, ...action, id: formatActionId(this.#nextId) });
      this.#nextId += 1;
    }
  }

  /** The action continues at `pageToken`. Returns it in its new form. */
  advance(action: SyncAction, pageToken: string): SyncAction {
    return this.#replace(action, { pageToken });
  }

  /** The root action of a phase has put the listings of whole types on the stack. */
  markTypeScopedPlanned(action: SyncAction): SyncAction {
    return this.#replace(action, { typeScopedPlanned: true });
  }

  /** The action is done. */
  finish(action: SyncAction): void {
    this.#stack.splice(this.#indexOf(action), 1);
    this.#completed += 1;
  }

  has(operation: Operation): boolean {
    return this.#stack.some((action) => action.operation === operation);
  }

  #replace(action: SyncAction, change: Partial<SyncAction>): SyncAction {
    const replaced = { ...action, ...change };
    this.#stack[this.#indexOf(action)] = replaced;
    return replaced;
  }

  #indexOf({ id }: SyncAction): number {
    const index = this.#stack.findLastIndex((action) => action.id === id);
    if (index === -1) throw new BatonError(Code.Internal, `the sync has no pending action ${id}`);
    return index;
  }
}
