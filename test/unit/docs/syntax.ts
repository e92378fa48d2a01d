import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
// Vite's parser, which Vitest brings along: TypeScript 7 has no stable one for programs.
import { parseAst } from "vitest/node";
import packageFile from "../../../package.json" with { type: "json" };
import { ROOT } from "../../rooms.ts";

/** A node of an ESTree, with TypeScript's nodes among them. What a field holds is asked for by {@link child} and others. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a name stands for where it is used. */
export type Meaning =
  | { readonly kind: "parameter"; readonly of: Node; readonly index: number; readonly fallback?: Node }
  | { readonly kind: "constant"; readonly value: Node }
  | { readonly kind: "function"; readonly value: Node };

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The node in a field, or undefined. */
export function child(node: Node | undefined, field: string): Node | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in a field. */
export function children(node: Node | undefined, field: string): Node[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text in a field, such as the name of an identifier; empty if there is none. */
export function textOf(node: Node | undefined, field: string): string {
  const value = node?.[field];
  return typeof value === "string" ? value : "";
}

/** What a property, a member or a parameter of a function is called; empty for one that is computed. */
export function nameOf(node: Node | undefined): string {
  if (node === undefined) return "";
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return textOf(node, "name");
  if (node.type === "Literal") return textOf(node, "value");
  if (node.type === "AssignmentPattern") return nameOf(child(node, "left"));
  return "";
}

export function isFunction(node: Node | undefined): node is Node {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node?.type ?? "");
}

/** Parsed sources that know what a name in them means, across their imports. */
export class SourceTree {
  /** By the path from the root of the checkout. */
  readonly programs: ReadonlyMap<string, Node>;
  /** Every node of every source, in the order of the sources. */
  readonly nodes: readonly Node[];
  readonly #parents = new Map<Node, Node>();
  readonly #paths = new Map<Node, string>();

  /** @param sources texts by the path from the root of the checkout. */
  constructor(sources: ReadonlyMap<string, string>) {
    const programs = new Map<string, Node>();
    const nodes: Node[] = [];
    for (const [path, source] of sources) {
      const program: unknown = parseAst(source, { lang: "ts" });
      if (!isNode(program)) throw new Error(`${path} cannot be parsed`);
      programs.set(path, program);
      this.#paths.set(program, path);
      this.#link(program, nodes);
    }
    this.programs = programs;
    this.nodes = nodes;
  }

  /** The sources of a folder. */
  static read(folder: string): SourceTree {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    const paths = names
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.split(sep).join("/")}`);
    return new SourceTree(
      new Map(paths.toSorted().map((path) => [path, readFileSync(join(ROOT, path), "utf8")])),
    );
  }

  /** The file that a node is in. */
  pathOf(node: Node): string {
    const program = [...this.#ancestors(node)].at(-1) ?? node;
    return this.#paths.get(program) ?? "";
  }

  parentOf(node: Node): Node | undefined {
    return this.#parents.get(node);
  }

  /** The class that a node is in. */
  classOf(node: Node): Node | undefined {
    return this.#ancestors(node).find(
      ({ type }) => type === "ClassDeclaration" || type === "ClassExpression",
    );
  }

  /** The function that a node is in. */
  functionOf(node: Node): Node | undefined {
    return this.#ancestors(node).find((ancestor) => isFunction(ancestor));
  }

  /** What a name means at a node; undefined for what is not written down here, such as the value of a loop. */
  resolve(name: string, at: Node): Meaning | undefined {
    for (const scope of this.#ancestors(at)) {
      if (isFunction(scope)) {
        const parameters = children(scope, "params");
        const index = parameters.findIndex((parameter) => nameOf(parameter) === name);
        if (index >= 0) {
          const fallback = child(parameters[index], "right");
          return { kind: "parameter", of: scope, index, ...(fallback === undefined ? {} : { fallback }) };
        }
        if (parameters.some((parameter) => bindsName(parameter, name))) return undefined;
      }
      if (scope.type === "BlockStatement" || scope.type === "Program") {
        const found = this.#declared(name, scope);
        if (found !== undefined) return found === "elsewhere" ? undefined : found;
      }
    }
    return undefined;
  }

  #declared(name: string, scope: Node): Meaning | "elsewhere" | undefined {
    for (const statement of children(scope, "body")) {
      const declaration = child(statement, "declaration") ?? statement;
      if (declaration.type === "FunctionDeclaration" && nameOf(child(declaration, "id")) === name) {
        return { kind: "function", value: declaration };
      }
      if (declaration.type === "VariableDeclaration") {
        for (const declarator of children(declaration, "declarations")) {
          const target = child(declarator, "id");
          if (target === undefined || !bindsName(target, name)) continue;
          const value = child(declarator, "init");
          if (nameOf(target) !== name || value === undefined || declaration["kind"] !== "const")
            return "elsewhere";
          return isFunction(value) ? { kind: "function", value } : { kind: "constant", value };
        }
      }
      if (statement.type === "ImportDeclaration" || statement.type === "ExportNamedDeclaration") {
        const source = textOf(child(statement, "source"), "value");
        const specifier = children(statement, "specifiers").find((one) => {
          return (
            source !== "" &&
            nameOf(child(one, one.type === "ExportSpecifier" ? "exported" : "local")) === name
          );
        });
        if (specifier === undefined) continue;
        const wanted = nameOf(child(specifier, specifier.type === "ExportSpecifier" ? "local" : "imported"));
        const program = this.programs.get(resolveImport(this.pathOf(scope), source));
        return (program === undefined ? undefined : this.#declared(wanted, program)) ?? "elsewhere";
      }
    }
    return undefined;
  }

  *#ancestors(node: Node): Generator<Node> {
    for (let at = this.#parents.get(node); at !== undefined; at = this.#parents.get(at)) yield at;
  }

  #link(node: Node, nodes: Node[]): void {
    nodes.push(node);
    for (const value of Object.values(node)) {
      for (const next of Array.isArray(value) ? value : [value]) {
        if (!isNode(next)) continue;
        this.#parents.set(next, node);
        this.#link(next, nodes);
      }
    }
  }
}

/** Whether a pattern, which may take an object apart, declares a name. */
function bindsName(pattern: Node, name: string): boolean {
  if (nameOf(pattern) === name) return true;
  const parts = [
    ...children(pattern, "properties").map(
      (property) => child(property, "value") ?? child(property, "argument"),
    ),
    ...children(pattern, "elements"),
    child(pattern, "left"),
    child(pattern, "argument"),
  ];
  return parts.some((part) => part !== undefined && bindsName(part, name));
}

function resolveImport(from: string, specifier: string): string {
  const aliases: Readonly<Record<string, string>> = packageFile.imports;
  const alias = Object.keys(aliases).find((name) => specifier.startsWith(name.slice(0, -1)));
  if (alias !== undefined)
    return (aliases[alias] ?? "").slice("./".length, -1) + specifier.slice(alias.length - 1);
  return posix.join(posix.dirname(from), specifier);
}
