import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Expansion, ExpansionGraph } from "#sync/expansion-graph.ts";

const ALL = { shallow: false, principalTypes: [] };

function graphOf(...edges: readonly (readonly [string, string])[]): ExpansionGraph {
  const graph = new ExpansionGraph();
  for (const [source, destination] of edges) graph.add({ source, destination, rule: ALL });
  return graph;
}

function roundsOf(graph: ExpansionGraph): string[][] {
  return [...graph.rounds()].map((round) =>
    round.map(({ source, destination }) => `${source}>${destination}`),
  );
}

/** Who holds what in the end, if each entitlement has one direct holder of the same name. */
function holders(rounds: Iterable<readonly Expansion[]>, nodes: readonly string[]): Map<string, Set<string>> {
  const held = new Map(nodes.map((node) => [node, new Set([node])]));
  for (const round of rounds) {
    for (const { source, destination } of round) {
      for (const holder of held.get(source) ?? []) held.get(destination)?.add(holder);
    }
  }
  return held;
}

describe("expansion", () => {
  it("goes on from an entitlement only when it has everything itself", () => {
    expect(roundsOf(graphOf(["a", "b"], ["b", "c"], ["a", "c"], ["x", "b"]))).toEqual([
      ["a>b", "a>c", "x>b"],
      ["b>c"],
    ]);
  });

  it("takes a circle as one: its members receive what flows in and feed what leaves, but not each other", () => {
    const rounds = roundsOf(graphOf(["in", "a"], ["a", "b"], ["b", "a"], ["b", "out"]));
    expect(rounds).toEqual([
      ["in>a", "in>b"],
      ["a>out", "b>out"],
    ]);
  });

  it("ignores an entitlement that expands from itself", () => {
    expect(roundsOf(graphOf(["a", "a"]))).toEqual([]);
  });

  it("permits what any of several rules between two entitlements permits", () => {
    const graph = new ExpansionGraph();
    const add = (shallow: boolean, principalTypes: string[]) =>
      graph.add({ source: "a", destination: "b", rule: { shallow, principalTypes } });
    add(true, ["user"]);
    expect([...graph.rounds()][0]?.[0]?.rule).toEqual({ shallow: true, principalTypes: ["user"] });
    add(false, ["user", "bot"]);
    expect([...graph.rounds()][0]?.[0]?.rule).toEqual({ shallow: false, principalTypes: ["user", "bot"] });
    add(true, []);
    expect([...graph.rounds()][0]?.[0]?.rule).toEqual({ shallow: false, principalTypes: [] });
  });

  it("bears very long chains", () => {
    const edges = Array.from({ length: 30_000 }, (_, index) => [`n${index}`, `n${index + 1}`] as const);
    const [first] = graphOf(...edges).rounds();
    expect(first?.map(({ source }) => source)).toEqual(["n0"]);
  });

  it("reaches whoever can be reached, once per pair, in any graph without circles", () => {
    const nodes = Array.from({ length: 8 }, (_, index) => `n${index}`);
    const edge = fc.tuple(fc.nat(7), fc.nat(7)).filter(([from, to]) => from < to);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 20 }), (pairs) => {
        const edges = pairs.map(([from, to]) => [`n${from}`, `n${to}`] as const);
        const rounds = [...graphOf(...edges).rounds()];
        const steps = rounds.flat().map(({ source, destination }) => `${source}>${destination}`);
        expect(new Set(steps).size).toBe(steps.length);
        // Passing along every edge as often as the longest path has edges reaches whoever can be reached.
        const anyOrder = edges.map(([source, destination]) => ({ source, destination, rule: ALL }));
        expect(holders(rounds, nodes)).toEqual(holders(Array(8).fill(anyOrder), nodes));
      }),
    );
  });
});
