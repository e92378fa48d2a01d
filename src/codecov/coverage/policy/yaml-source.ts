import type * as Yaml from "yaml";

/** Aliases that a file may use; a few lines of them can otherwise stand for gigabytes. */
const MAX_ALIASES = 100;

/** A mistake in a file, as the end of a sentence, and where it is. Lines and columns count from 1. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/** A YAML text as a value that knows where its parts stand. */
export class YamlSource {
  readonly value: unknown;
  readonly #yaml: typeof Yaml;
  readonly #document: Yaml.Document.Parsed;
  readonly #lines: Yaml.LineCounter;

  private constructor(
    yaml: typeof Yaml,
    document: Yaml.Document.Parsed,
    lines: Yaml.LineCounter,
    value: unknown,
  ) {
    this.#yaml = yaml;
    this.#document = document;
    this.#lines = lines;
    this.value = value;
  }

  /** Reads a text. A mistake names its kind only: the text may hold secrets. */
  static async read(text: string): Promise<YamlSource | Mistake> {
    const yaml = await import("yaml");
    const lines = new yaml.LineCounter();
    try {
      const document = yaml.parseDocument(text, { prettyErrors: false, lineCounter: lines });
      const [fault] = document.errors;
      if (fault !== undefined) {
        const { line, col } = lines.linePos(fault.pos[0]);
        const kind = fault.code.toLowerCase().replaceAll("_", " ");
        return { line: Math.max(1, line), column: Math.max(1, col), what: `is not valid YAML (${kind})` };
      }
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      return new YamlSource(yaml, document, lines, value);
    } catch {
      // Nested too deeply for the parser's stack, or aliases of aliases.
      return { line: 1, column: 1, what: "is nested too deeply, or uses too many aliases" };
    }
  }

  /** Where a part stands: its value, or the key itself. The nearest part around it if it is missing. */
  place(path: readonly PropertyKey[], part: "key" | "value" = "value"): Pick<Mistake, "line" | "column"> {
    const { isMap, isScalar, isSeq, isNode } = this.#yaml;
    let node: unknown = this.#document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const [depth, step] of path.entries()) {
      node = this.#resolve(node);
      const isLast = depth === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (pair === undefined) break;
        const found = isLast && part === "key" ? pair.key : (pair.value ?? pair.key);
        if (isNode(found)) offset = found.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        if (isNode(node)) offset = node.range?.[0] ?? offset;
      } else break;
    }
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #resolve(node: unknown): unknown {
    return this.#yaml.isAlias(node) ? node.resolve(this.#document) : node;
  }
}
