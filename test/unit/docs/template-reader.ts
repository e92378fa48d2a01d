import { child, children, isFunction, isNode, type Node, nameOf, type SourceTree } from "./syntax.ts";
import { hasText, hasWords, NOTHING, substitute, type Template, type View } from "./template.ts";

/** Reads expressions as templates: constants, conditions, tables, and calls of functions that return text. */
export class TemplateReader {
  readonly #tree: SourceTree;
  /** Members of classes and objects, by their names. */
  readonly #methods: ReadonlyMap<string, readonly Node[]>;
  readonly #templates: Readonly<Record<View, Map<Node, Template>>> = {
    text: new Map(),
    kind: new Map(),
    reason: new Map(),
  };

  constructor(tree: SourceTree) {
    this.#tree = tree;
    this.#methods = Map.groupBy(
      tree.nodes.filter(({ type }) => type === "MethodDefinition" || type === "Property"),
      (method) => nameOf(child(method, "key")),
    );
  }

  /** The members of a name that are functions, of whatever class or object. */
  methodsNamed(name: string): Node[] {
    const members = this.#methods.get(name) ?? [];
    return members.map((member) => child(member, "value")).filter((value) => isFunction(value));
  }

  /** What a call gives to a parameter of the function that it calls. */
  argument(call: Node, of: Node, index: number, view: View): Template {
    const parameter = children(of, "params")[index];
    return this.read(children(call, "arguments")[index] ?? child(parameter, "right"), view);
  }

  /** An expression as a template, each read once. One that leads back to itself is a value there. */
  read(node: Node | undefined, view: View): Template {
    if (node === undefined) return [];
    const known = this.#templates[view].get(node);
    if (known !== undefined) return known;
    this.#templates[view].set(node, view === "text" ? [{ value: valueName(node) }] : []);
    const template = this.#readOnce(node, view);
    this.#templates[view].set(node, template);
    return template;
  }

  #readOnce(node: Node, view: View): Template {
    const read = (next: Node | undefined) => this.read(next, view);
    if (view !== "text" && node.type === "ObjectExpression") return this.#readOption(node, view);
    switch (node.type) {
      case "Literal":
        return typeof node["value"] === "string" ? [node["value"]] : [{ value: "value" }];
      case "TemplateLiteral":
        return this.#readTemplate(node);
      case "TaggedTemplateExpression":
        return read(child(node, "quasi"));
      case "TSAsExpression":
      case "TSNonNullExpression":
      case "TSSatisfiesExpression":
      case "ParenthesizedExpression":
      case "ChainExpression":
        return read(child(node, "expression"));
      case "AwaitExpression":
        return read(child(node, "argument"));
      case "BinaryExpression":
        return node["operator"] === "+"
          ? [...read(child(node, "left")), ...read(child(node, "right"))]
          : [{ value: valueName(node) }];
      case "ConditionalExpression":
        return choose(node, [read(child(node, "consequent")), read(child(node, "alternate"))]);
      case "LogicalExpression":
        return choose(node, [read(child(node, "left")), read(child(node, "right"))]);
      case "Identifier":
        return this.#readName(node, view);
      case "MemberExpression":
        return this.#readMember(node, view);
      case "CallExpression":
        return this.#readCall(node, view);
      default:
        return view === "text" ? [{ value: valueName(node) }] : [];
    }
  }

  #readTemplate(node: Node): Template {
    const expressions = children(node, "expressions");
    return children(node, "quasis").flatMap((quasi, index): Template => {
      const value = quasi["value"];
      const text =
        typeof value === "object" && value !== null && "cooked" in value ? String(value.cooked) : "";
      return [text, ...this.read(expressions[index], "text")];
    });
  }

  /** A field of an object of options. */
  #readOption(node: Node, view: View): Template {
    for (const property of children(node, "properties").toReversed()) {
      const value = child(property, property.type === "SpreadElement" ? "argument" : "value");
      const key = nameOf(child(property, "key"));
      if (property.type === "SpreadElement") {
        const inner = this.read(value, view);
        if (inner.length > 0) return inner;
      }
      if (view === "kind" && key === "kind") return this.read(value, "text");
      if (view === "reason" && key === "errorInfo") return this.read(value, "reason");
      if (view === "reason" && key === "reason") return this.read(value, "text");
    }
    return [];
  }

  #readName(node: Node, view: View): Template {
    const name = nameOf(node);
    if (name === "undefined") return view === "text" ? [NOTHING] : [];
    const meaning = this.#tree.resolve(name, node);
    if (meaning?.kind === "parameter") {
      return [{ parameter: meaning.of, index: meaning.index, name, view }];
    }
    if (meaning?.kind === "constant") {
      const template = this.read(meaning.value, view);
      if (view !== "text" || hasText(template)) return rename(template, name);
    }
    return view === "text" ? [{ value: name }] : [];
  }

  #readMember(node: Node, view: View): Template {
    const object = child(node, "object");
    const property = nameOf(child(node, "property"));
    if (nameOf(object) === "Code") return [property];
    if (view !== "text") return [];
    const getter = children(child(this.#tree.classOf(node), "body"), "body").find(
      (member) => member["kind"] === "get" && nameOf(child(member, "key")) === property,
    );
    const getting = object?.type === "ThisExpression" ? child(getter, "value") : undefined;
    if (getting !== undefined) return this.#readReturned(node, [getting], view);
    const meaning = object?.type === "Identifier" ? this.#tree.resolve(nameOf(object), node) : undefined;
    const values = meaning?.kind === "constant" ? this.#valuesOf(meaning.value) : [];
    const named = values.filter(({ key }) => node["computed"] === true || key === property);
    if (named.some(({ template }) => hasText(template))) {
      return [{ choice: valueName(node), templates: named.map(({ template }) => template) }];
    }
    return [{ value: valueName(node) }];
  }

  #readCall(node: Node, view: View): Template {
    const callee = child(node, "callee");
    const args = children(node, "arguments");
    if (callee?.type === "MemberExpression") {
      const object = child(callee, "object");
      const method = nameOf(child(callee, "property"));
      const list = method === "join" ? this.#listOf(object) : undefined;
      if (list !== undefined) return this.#readList(list, this.read(args[0], "text"));
      if (/^(?:trim|toLowerCase|toUpperCase)/.test(method)) return this.read(object, view);
      const meaning =
        method === "get" && object?.type === "Identifier"
          ? this.#tree.resolve(nameOf(object), node)
          : undefined;
      const values = meaning?.kind === "constant" ? this.#valuesOf(meaning.value) : [];
      if (values.some(({ template }) => hasText(template))) {
        return [{ choice: valueName(node), templates: values.map(({ template }) => template) }];
      }
      if (view !== "text") return [];
    }
    const meaning = callee?.type === "Identifier" ? this.#tree.resolve(nameOf(callee), node) : undefined;
    if (meaning?.kind !== "function") return view === "text" ? [{ value: valueName(node) }] : [];
    return this.#readReturned(node, [meaning.value], view);
  }

  /** What a call of one of some functions returns, its arguments filled in. */
  #readReturned(call: Node, functions: readonly Node[], view: View): Template {
    const returned = functions.flatMap((called) =>
      this.#returnsOf(called).map((expression) =>
        substitute(this.read(expression, view), (part) => {
          if (part.parameter !== called) return [part];
          const argument = this.argument(call, called, part.index, part.view);
          return hasText(argument) ? argument : [{ value: part.name }];
        }),
      ),
    );
    const isRead = returned.some((template) => (view === "text" ? hasWords(template) : template.length > 0));
    if (isRead) return rename(choose(call, returned), valueName(call));
    return view === "text" ? [{ value: valueName(call) }] : [];
  }

  /** The array that a name or an expression stands for. */
  #listOf(node: Node | undefined): Node | undefined {
    if (node?.type === "ArrayExpression") return node;
    const meaning = node?.type === "Identifier" ? this.#tree.resolve(nameOf(node), node) : undefined;
    return meaning?.kind === "constant" && meaning.value.type === "ArrayExpression"
      ? meaning.value
      : undefined;
  }

  /** The elements of an array, joined; those of a condition are a choice. */
  #readList(list: Node, separator: Template): Template {
    return children(list, "elements").flatMap((element, index): Template => {
      const before = index === 0 ? [] : separator;
      if (element.type !== "SpreadElement") return [...before, ...this.read(element, "text")];
      const condition = child(element, "argument");
      const lists = [child(condition, "consequent"), child(condition, "alternate")]
        .filter((one) => one !== undefined)
        .filter(({ type }) => type === "ArrayExpression")
        .map((one) => this.#readList(one, separator));
      return [
        {
          choice: valueName(condition),
          templates: lists.map((one) => (one.length === 0 ? [] : [...before, ...one])),
        },
      ];
    });
  }

  /** What a function may return. */
  #returnsOf(node: Node): Node[] {
    const body = child(node, "body");
    if (body === undefined) return [];
    if (body.type !== "BlockStatement") return [body];
    return [...statementsOf(body)]
      .filter(({ type }) => type === "ReturnStatement")
      .map((statement) => child(statement, "argument"))
      .filter((argument) => argument !== undefined);
  }

  /** The values of a table: an object, or a map made of pairs. */
  #valuesOf(node: Node): { readonly key: string; readonly template: Template }[] {
    if (/^TS(?:As|Satisfies)Expression$/.test(node.type))
      return this.#valuesOf(child(node, "expression") ?? node);
    const read = (value: Node | undefined) => this.read(value, "text");
    if (node.type === "ObjectExpression") {
      return children(node, "properties").map((property) => ({
        key: nameOf(child(property, "key")),
        template: read(child(property, "value")),
      }));
    }
    if (node.type !== "NewExpression" || nameOf(child(node, "callee")) !== "Map") return [];
    const pairs = children(children(node, "arguments")[0], "elements");
    return pairs.map((pair) => ({ key: "", template: read(children(pair, "elements")[1]) }));
  }
}

/** The statements of a function, those of functions inside it left out. */
function* statementsOf(node: Node): Generator<Node> {
  for (const value of Object.values(node)) {
    const nodes: unknown[] = Array.isArray(value) ? value : [value];
    for (const next of nodes) {
      if (!isNode(next) || isFunction(next)) continue;
      yield next;
      yield* statementsOf(next);
    }
  }
}

/** One of several texts; without the name, if they have nothing but values. */
function choose(node: Node, templates: readonly Template[]): Template {
  const something = templates.filter((template) => template.length !== 1 || template[0] !== NOTHING);
  const [only] = something;
  if (something.length === 1 && only !== undefined) return only;
  return [{ choice: valueName(node), templates: something }];
}

/** A choice is called by the constant that holds it. */
function rename(template: Template, name: string): Template {
  return template.map((part) =>
    typeof part === "object" && "choice" in part ? { ...part, choice: name } : part,
  );
}

/** The name of a value in a template: that of the variable or the member, or of what a call is about. */
function valueName(node: Node | undefined): string {
  if (node === undefined) return "value";
  if (node.type === "Identifier") return nameOf(node);
  if (node.type === "ThisExpression") return "";
  if (node.type === "MemberExpression") {
    const object = valueName(child(node, "object"));
    const property = nameOf(child(node, "property"));
    if (property === "") return object;
    return object === "" || object === "value" ? property : `${object}.${property}`;
  }
  if (node.type === "CallExpression" || node.type === "NewExpression") {
    const callee = child(node, "callee");
    const args = children(node, "arguments");
    const isMethod =
      callee?.type === "MemberExpression" && child(callee, "object")?.type !== "ThisExpression";
    const object = child(callee, "object");
    // Functions of the language stand in objects such as `Math`.
    const isOwned = isMethod && !/^[A-Z]/.test(nameOf(object));
    const about = valueName(isOwned ? object : args[0]);
    return about === "" || about === "value"
      ? nameOf(isMethod ? child(callee, "property") : callee) || "value"
      : about;
  }
  if (node.type === "ConditionalExpression") {
    const names = [valueName(child(node, "consequent")), valueName(child(node, "alternate"))];
    return names.find((name) => name !== "value") ?? "value";
  }
  const inner = child(node, "left") ?? child(node, "expression") ?? child(node, "argument");
  return inner === undefined ? "value" : valueName(inner);
}
