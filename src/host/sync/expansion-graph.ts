/** Passing on along an edge: a holder of the source entitlement gets the destination entitlement. */
export interface ExpansionRule {
  /** Only from grants that were given directly, not from expanded ones. */
  readonly shallow: boolean;
  /** Only to principals of these types; all if empty. */
  readonly principalTypes: readonly string[];
}

export interface Expansion {
  readonly source: string;
  readonly destination: string;
  readonly rule: ExpansionRule;
}

/**
 * Which entitlements pass on to which. Entitlements that reach each other in a circle are taken together:
 * all of them receive what flows into the circle and feed what leaves it, but not each other. Merging rules
 * and order are those of baton-sdk v0.25.0.
 */
export class ExpansionGraph {
  readonly #edges = new Map<string, Map<string, ExpansionRule>>();

  /** Two rules between the same entitlements become one that permits what either permits. */
  add({ source, destination, rule }: Expansion): void {
    addRule(this.#edges, source, destination, rule);
    if (!this.#edges.has(destination)) this.#edges.set(destination, new Map());
  }

  /**
   * All expansions in rounds: those of one round need the results of the rounds before it, and of them only.
   * Within a round they are ordered by source and destination.
   */
  *rounds(): Generator<Expansion[]> {
    const groups = findCircles(this.#edges);
    const groupOf = new Map(
      groups.flatMap((members, group) => members.map((member) => [member, group] as const)),
    );
    const groupEdges = new Map<number, Map<number, ExpansionRule>>(
      groups.map((_, group) => [group, new Map()]),
    );
    for (const [source, rules] of this.#edges) {
      for (const [destination, rule] of rules) {
        const [from, to] = [groupOf.get(source), groupOf.get(destination)];
        if (from !== undefined && to !== undefined && from !== to) addRule(groupEdges, from, to, rule);
      }
    }
    while (true) {
      const open = [...groupEdges].filter(([, rules]) => rules.size > 0);
      if (open.length === 0) return;
      const waiting = new Set(open.flatMap(([, rules]) => [...rules.keys()]));
      const ready = open.filter(([group]) => !waiting.has(group));
      yield ready
        .flatMap(([from, rules]) =>
          [...rules].flatMap(([to, rule]) =>
            members(groups, from).flatMap((source) =>
              members(groups, to).map((destination) => ({ source, destination, rule })),
            ),
          ),
        )
        .toSorted(compareExpansions);
      for (const [group] of ready) groupEdges.set(group, new Map());
    }
  }
}

function members(groups: readonly (readonly string[])[], group: number): readonly string[] {
  return groups[group] ?? [];
}

function compareExpansions(a: Expansion, b: Expansion): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  if (a.destination !== b.destination) return a.destination < b.destination ? -1 : 1;
  return 0;
}

function addRule<Node>(
  edges: Map<Node, Map<Node, ExpansionRule>>,
  source: Node,
  destination: Node,
  rule: ExpansionRule,
): void {
  const rules = edges.get(source) ?? new Map<Node, ExpansionRule>();
  edges.set(source, rules);
  const existing = rules.get(destination);
  rules.set(destination, existing === undefined ? rule : mergeRules(existing, rule));
}

function mergeRules(a: ExpansionRule, b: ExpansionRule): ExpansionRule {
  const permitsAll = a.principalTypes.length === 0 || b.principalTypes.length === 0;
  return {
    shallow: a.shallow && b.shallow,
    principalTypes: permitsAll ? [] : [...new Set([...a.principalTypes, ...b.principalTypes])],
  };
}

interface Visit {
  readonly node: string;
  readonly successors: Iterator<string>;
}

/** The strongly connected components (Tarjan's algorithm, without recursion, since chains can be long). */
function findCircles(edges: ReadonlyMap<string, ReadonlyMap<string, unknown>>): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const path: Visit[] = [];

  const enter = (node: string): void => {
    order.set(node, order.size);
    lowest.set(node, order.size - 1);
    open.push(node);
    isOpen.add(node);
    path.push({ node, successors: (edges.get(node) ?? new Map<string, unknown>()).keys() });
  };
  const lower = (node: string, value: number | undefined): void => {
    lowest.set(node, Math.min(lowest.get(node) ?? 0, value ?? Number.POSITIVE_INFINITY));
  };
  const leave = (node: string): void => {
    if (lowest.get(node) !== order.get(node)) return;
    const circle = open.splice(open.lastIndexOf(node));
    for (const member of circle) isOpen.delete(member);
    circles.push(circle);
  };

  for (const start of edges.keys()) {
    if (!order.has(start)) enter(start);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const { value: successor, done } = visit.successors.next();
      if (done) {
        path.pop();
        leave(visit.node);
        const parent = path.at(-1);
        if (parent !== undefined) lower(parent.node, lowest.get(visit.node));
      } else if (!order.has(successor)) {
        enter(successor);
      } else if (isOpen.has(successor)) {
        lower(visit.node, order.get(successor));
      }
    }
  }
  return circles;
}
