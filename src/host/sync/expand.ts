import { setImmediate } from "node:timers/promises";
import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { inSpan } from "#kernel/trace.ts";
import { packAnnotation } from "#model/annotations.ts";
import { formatResourceKey, isSameResource, makeGrantId } from "#model/ids.ts";
import { everyItem } from "#store/reader.ts";
import { type Expansion, ExpansionGraph } from "./expansion-graph.ts";
import { contractViolation, type SyncSession } from "./session.ts";
import type { SyncAction } from "./sync-token.ts";

/** Deeper nesting than anybody has; the Go host stops at the same depth. */
const MAX_ROUNDS = 21;

/**
 * Gives the grants that follow from others: a holder of an entitlement that a grant names as its source
 * gets that grant's entitlement as well. Repeating it changes nothing, so after an interruption it starts
 * from the beginning.
 */
export async function expandGrants(session: SyncSession, action: SyncAction): Promise<void> {
  session.enter("expansion");
  session.store.runs.markSupportsDiff(session.run.id);
  await inSpan(session.ctx.span, "expansion", async () => {
    if (session.state.flags.needsExpansion) await expandAll(session, action);
  });
  session.state.finish(action);
}

async function expandAll(session: SyncSession, action: SyncAction): Promise<void> {
  const graph = loadGraph(session);
  let rounds = 0;
  for (const round of graph.rounds()) {
    rounds += 1;
    if (rounds > MAX_ROUNDS) {
      session.state.finish(action);
      throw contractViolation(`grants are nested more than ${MAX_ROUNDS} levels deep`);
    }
    for (const expansion of round) await expandOne(session, expansion);
  }
}

function loadGraph(session: SyncSession): ExpansionGraph {
  const graph = new ExpansionGraph();
  for (const grant of everyItem((page) => session.reader.listExpandableGrants(page))) {
    const { entitlementIds, shallow, resourceTypeIds } = grant.expandable;
    for (const source of entitlementIds) {
      const entitlement = session.reader.findEntitlement(source);
      if (entitlement === undefined) {
        session.drops.expansionsWithoutSource += 1;
        continue;
      }
      if (!isSameResource(entitlement.resource?.id, grant.principal)) {
        throw contractViolation(
          `grant ${grant.id} expands from entitlement ${source}, which does not belong to its principal ${formatResourceKey(grant.principal)}`,
        );
      }
      const rule = { shallow, principalTypes: resourceTypeIds };
      graph.add({ source, destination: grant.entitlementId, rule });
    }
  }
  return graph;
}

async function expandOne(session: SyncSession, { source, destination, rule }: Expansion): Promise<void> {
  const { reader, writer, store } = session;
  const entitlement = reader.findEntitlement(destination);
  if (entitlement === undefined) return;
  let cursor: number | undefined;
  do {
    // Expansion is work for the processor alone, so signals and timers get their turn between two pages.
    await setImmediate();
    session.ctx.signal.throwIfAborted();
    const filter = { entitlementId: source, principalTypeIds: rule.principalTypes };
    const page = reader.listGrants(filter, { cursor });
    const derived = new DerivedGrants(session, entitlement);
    for (const grant of page.items) {
      const isDirect = isDirectGrant(grant, source);
      if (isDirect || !rule.shallow) derived.add(grant, source, isDirect);
    }
    store.transaction(() => writer.putExpandedGrants(derived.changed()));
    session.countRows("grants", derived.created);
    session.checkpointIfDue();
    cursor = page.next;
  } while (cursor !== undefined);
}

/** An expanded grant lists its sources; it is also direct if its own entitlement is among them. */
function isDirectGrant({ sources }: Grant, entitlementId: string): boolean {
  return sources === undefined || sources.sources.size === 0 || sources.sources.has(entitlementId);
}

/** The grants on one entitlement that a page of source grants creates or adds a source to. */
class DerivedGrants {
  readonly #session: SyncSession;
  readonly #entitlement: Entitlement;
  /** All grants on the entitlement by principal, as far as they were looked at. */
  readonly #byPrincipal = new Map<string, Grant[]>();
  readonly #changed = new Set<Grant>();
  created = 0;

  constructor(session: SyncSession, entitlement: Entitlement) {
    this.#session = session;
    this.#entitlement = entitlement;
  }

  add({ principal }: Grant, source: string, isDirect: boolean): void {
    const id = principal?.id;
    if (principal === undefined || id === undefined) return;
    const key = formatResourceKey(id);
    const known = this.#byPrincipal.get(key);
    const existing = known ?? [
      ...this.#session.reader.listGrants({ entitlementId: this.#entitlement.id, principal: id }).items,
    ];
    if (existing.length === 0) {
      const grant = Grant.fromPartial({
        id: makeGrantId(this.#entitlement.id, id),
        entitlement: this.#entitlement,
        principal,
        sources: { sources: new Map() },
        annotations: [packAnnotation("GrantImmutable")],
      });
      grant.sources?.sources.set(source, { isDirect });
      existing.push(grant);
      this.#changed.add(grant);
      this.created += 1;
    } else {
      for (const grant of existing) this.#addSource(grant, source, isDirect);
    }
    this.#byPrincipal.set(key, existing);
  }

  changed(): Grant[] {
    return [...this.#changed];
  }

  #addSource(grant: Grant, source: string, isDirect: boolean): void {
    grant.sources ??= { sources: new Map() };
    const { sources } = grant.sources;
    // A grant without sources was given directly, which has to be said once it has others.
    if (sources.size === 0) sources.set(this.#entitlement.id, { isDirect: true });
    const known = sources.get(source);
    if (known !== undefined && (known.isDirect || !isDirect)) return;
    sources.set(source, { isDirect });
    this.#changed.add(grant);
  }
}
