import { BatonError, Code } from "#kernel/errors.ts";
import { roomOf } from "../../rooms.ts";
import { child, children, type Node, nameOf, type SourceTree } from "./syntax.ts";
import {
  hasText,
  hasWords,
  type Parameter,
  parametersOf,
  render,
  spread,
  substitute,
  type Template,
} from "./template.ts";
import { TemplateReader } from "./template-reader.ts";

/** An error that the program can throw. */
export interface ErrorMessage {
  readonly room: string;
  /** Name of the gRPC code; for an error without one, the class or what adds to the text of another error. */
  readonly code: string;
  /** Who has to act (`ErrorKind`), and the reason on the wire (`ErrorInfo`) of the few that have one. */
  readonly reason: string;
  /** The sentence, with `{name}` for what differs, and `{"one" | "other"}` where it is one of a few. */
  readonly text: string;
  /** The sentences that stand for a `{name}` in the text, where they are too many for one line. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
}

/** One `new BatonError(…)` or the like, before its parameters are filled in. */
interface Draft {
  readonly at: Node;
  readonly code: Template;
  readonly kind: Template;
  readonly reason: Template;
  readonly text: Template;
}

/** What adds to an error, keeping its code. */
const OF_THE_CAUSE = "(code of the cause)";
const PART = "(part of the messages of others)";
const HANDED_IN = "(code of the caller)";

/** Names of parameters that take the middle of a message. */
const IS_PROBLEM = /^(?:problem|reason|complaint)$/;

/** More factories than call each other. */
const DEEPEST = 12;

/** All error messages of the sources, sorted by room, code and text, none twice. */
export function collectErrorMessages(tree: SourceTree): ErrorMessage[] {
  const collector = new Collector(tree);
  const found = new Map<string, ErrorMessage>();
  for (const node of tree.nodes) {
    for (const message of collector.messagesAt(node)) {
      found.set([message.room, message.code, message.reason, message.text].join("\n"), message);
    }
  }
  const all = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, message]) => message);
  const whole = all.filter(({ code }) => code !== PART);
  const texts = whole.flatMap(({ text, choices }) => [text, ...[...choices.values()].flat()]);
  return all.filter(({ code, text }) => code !== PART || !texts.some((other) => other.includes(text)));
}

class Collector {
  readonly #tree: SourceTree;
  readonly #reader: TemplateReader;
  /** The calls of each function. */
  readonly #calls = new Map<Node, Node[]>();
  /** Names of the classes of errors. */
  readonly #errors = new Set(["Error", "TypeError", "RangeError"]);
  readonly #withCode = new Set(["BatonError"]);
  readonly #classes = new Map<string, Node>();

  constructor(tree: SourceTree) {
    this.#tree = tree;
    this.#reader = new TemplateReader(tree);
    const { nodes } = tree;
    const classes = nodes.filter(({ type }) => type === "ClassDeclaration");
    // Twice, since a class may stand in a file before its parent's.
    for (const declared of [...classes, ...classes]) {
      const parent = nameOf(child(declared, "superClass"));
      if (this.#errors.has(parent)) this.#errors.add(nameOf(child(declared, "id")));
      if (this.#withCode.has(parent)) this.#withCode.add(nameOf(child(declared, "id")));
    }
    for (const declared of classes) this.#classes.set(nameOf(child(declared, "id")), declared);
    for (const call of nodes.filter(({ type }) => /^(?:Call|New)Expression$/.test(type))) {
      for (const called of this.#functionsOf(call)) {
        const calls = this.#calls.get(called) ?? [];
        calls.push(call);
        this.#calls.set(called, calls);
      }
    }
  }

  /** The messages of the error that a node makes; most nodes make none. */
  messagesAt(node: Node): ErrorMessage[] {
    const draft = this.#draft(node);
    return draft === undefined ? [] : this.#fill(draft, 0).flatMap((filled) => this.#finish(filled));
  }

  /** The functions that a call may go to: one by its name, or the methods of that name that make errors. */
  #functionsOf(call: Node): Node[] {
    const callee = child(call, "callee");
    if (call.type === "NewExpression") return this.#constructorOf(nameOf(callee)).slice(0, 1);
    if (callee?.type === "Identifier") {
      const meaning = this.#tree.resolve(nameOf(callee), call);
      return meaning?.kind === "function" ? [meaning.value] : [];
    }
    if (callee?.type !== "MemberExpression") return [];
    const candidates = this.#reader.methodsNamed(nameOf(child(callee, "property")));
    const isOwn = child(callee, "object")?.type === "ThisExpression";
    const own = candidates.filter((method) => this.#tree.classOf(method) === this.#tree.classOf(call));
    return isOwn ? own : candidates.filter((method) => this.#makesErrors(method));
  }

  /** The constructor of a class of errors, if it has one of its own. */
  #constructorOf(name: string): Node[] {
    if (name === "BatonError" || !this.#errors.has(name)) return [];
    const members = children(child(this.#classes.get(name), "body"), "body");
    const own = members.find((member) => member["kind"] === "constructor");
    return [child(own, "value")].filter((value) => value !== undefined);
  }

  /** Whether a function is there to make errors, as its type says or its only expression does. */
  #makesErrors(node: Node): boolean {
    const type = child(child(node, "returnType"), "typeAnnotation");
    if (type !== undefined) {
      const types = type.type === "TSUnionType" ? children(type, "types") : [type];
      return types.some(
        (one) => one.type === "TSNeverKeyword" || this.#errors.has(nameOf(child(one, "typeName"))),
      );
    }
    const body = child(node, "body");
    if (body?.type === "NewExpression") return this.#errors.has(nameOf(child(body, "callee")));
    if (body?.type !== "CallExpression") return false;
    const meaning = this.#tree.resolve(nameOf(child(body, "callee")), node);
    return meaning?.kind === "function" && meaning.value !== node && this.#makesErrors(meaning.value);
  }

  #draft(node: Node): Draft | undefined {
    if (node.type === "NewExpression" || node.type === "CallExpression") return this.#draftOfCall(node);
    if (node.type === "Property" && nameOf(child(node, "key")) === "problem") {
      return this.#part(node, child(node, "value"));
    }
    if (node.type === "ObjectExpression") return this.#draftOfRow(node);
    if (node.type === "ReturnStatement") return this.#draftOfReturn(node);
    return undefined;
  }

  #draftOfCall(node: Node): Draft | undefined {
    const callee = child(node, "callee");
    const [first, second, third] = children(node, "arguments");
    const declared = this.#tree.classOf(node);
    const inside = callee?.type === "Super" && declared !== undefined;
    const name = nameOf(inside ? child(declared, "superClass") : callee);
    if (node.type === "NewExpression" || inside) {
      // Rewords an error: its callers are found by the names of its methods.
      if (nameOf(child(declared, "id")) === "BatonError") return undefined;
      if (!this.#errors.has(name)) return undefined;
      if (!inside && this.#constructorOf(name).length > 0) return undefined;
      if (this.#withCode.has(name)) {
        return {
          at: node,
          code: this.#reader.read(first, "text"),
          kind: this.#reader.read(third, "kind"),
          reason: this.#reader.read(third, "reason"),
          text: this.#reader.read(second, "text"),
        };
      }
      return this.#part(node, first, inside ? nameOf(child(declared, "id")) : name);
    }
    const method = callee?.type === "MemberExpression" ? nameOf(child(callee, "property")) : "";
    const text = this.#reader.read(first, "text");
    if (method === "prefixed") return draftOf(node, OF_THE_CAUSE, [...text, ": ", { value: "error" }]);
    if (method === "withAdvice") return draftOf(node, OF_THE_CAUSE, [{ value: "error" }, "; ", ...text]);
    if (method === "push" && /problems$/i.test(nameOf(child(callee, "object"))))
      return draftOf(node, PART, text);
    if (this.#isHandedIn(node)) return hasWords(text) ? draftOf(node, HANDED_IN, text) : undefined;
    return this.#draftOfProblem(node);
  }

  /** Whether a call goes to a function that the caller gave to make an error: a parameter, or a member. */
  #isHandedIn(call: Node): boolean {
    const callee = child(call, "callee");
    if (callee?.type === "MemberExpression")
      return /^(?:fail|refuse)$/.test(nameOf(child(callee, "property")));
    const thrown = this.#tree.parentOf(call)?.type === "ThrowStatement";
    return thrown && this.#tree.resolve(nameOf(callee), call)?.kind === "parameter";
  }

  /** A call that passes on a problem in words, or a code with words, to a function that does not make an error of it. */
  #draftOfProblem(call: Node): Draft | undefined {
    const meaning = this.#tree.resolve(nameOf(child(call, "callee")), call);
    if (meaning?.kind !== "function" || this.#makesErrors(meaning.value)) return undefined;
    const args = children(call, "arguments");
    const names = children(meaning.value, "params").map(nameOf);
    const text = this.#reader.read(args[names.findIndex((name) => IS_PROBLEM.test(name))], "text");
    if (hasWords(text)) return draftOf(call, PART, text);
    const [code, message] = args.map((argument) => this.#reader.read(argument, "text"));
    const isCode = args[0]?.type === "MemberExpression" && nameOf(child(args[0], "object")) === "Code";
    if (!isCode || code === undefined || message === undefined || !hasWords(message)) return undefined;
    return { at: call, code, kind: [], reason: [], text: message };
  }

  /** What a function finds wrong with a value (it returns a sentence or nothing), or a method explains to a caller. */
  #draftOfReturn(node: Node): Draft | undefined {
    const text = this.#reader.read(child(node, "argument"), "text");
    if (!spread(text).some((one) => /\p{L} \p{L}/u.test(render(one, new Map())))) return undefined;
    const found = this.#tree.functionOf(node);
    const method = found === undefined ? undefined : this.#tree.parentOf(found);
    if (nameOf(child(method, "key")).startsWith("explain")) return draftOf(node, PART, text);
    const type = child(child(found, "returnType"), "typeAnnotation");
    const types = children(type, "types").map((one) => one.type);
    const saysProblem =
      types.length === 2 && types.includes("TSStringKeyword") && types.includes("TSUndefinedKeyword");
    return saysProblem ? draftOf(node, PART, text) : undefined;
  }

  /** A row of a table of faults: an object with a code and sentences. */
  #draftOfRow(node: Node): Draft | undefined {
    const properties = children(node, "properties");
    const code = properties.find((property) => nameOf(child(property, "key")) === "code");
    const value = child(code, "value");
    if (value?.type !== "MemberExpression" || nameOf(child(value, "object")) !== "Code") return undefined;
    const texts = properties
      .filter((property) => !["code", "kind"].includes(nameOf(child(property, "key"))))
      .map((property) => this.#reader.read(child(property, "value"), "text"))
      .filter((text) => hasWords(text));
    const text = texts.flatMap((one, index): Template => (index === 0 ? one : ["; ", ...one]));
    return {
      at: node,
      code: this.#reader.read(value, "text"),
      kind: this.#reader.read(node, "kind"),
      reason: [],
      text,
    };
  }

  #part(at: Node, expression: Node | undefined, code = PART): Draft {
    return draftOf(at, code, this.#reader.read(expression, "text"));
  }

  /** The drafts with what callers put in for parameters, as far as that is text. */
  #fill(draft: Draft, depth: number): Draft[] {
    const templates = [draft.text, draft.code, draft.kind, draft.reason];
    const open = templates.flatMap(parametersOf)[0];
    if (open === undefined) return [draft];
    const { parameter } = open;
    const used = templates.flatMap(parametersOf).filter((part) => part.parameter === parameter);
    const calls = this.#calls.get(parameter) ?? [];
    const given = ({ index, view }: Parameter, call: Node) =>
      this.#reader.argument(call, parameter, index, view);
    const filled = depth < DEEPEST ? used.filter((part) => this.#takesText(part)) : [];
    const isFilled = (part: Parameter) =>
      filled.some(({ index, view }) => index === part.index && view === part.view);
    const close = (template: Template, call?: Node): Template =>
      substitute(template, (part) => {
        if (part.parameter !== parameter) return [part];
        return call !== undefined && isFilled(part) ? given(part, call) : [{ value: part.name }];
      });
    const closed = (at: Node, call?: Node): Draft => ({
      at,
      code: close(draft.code, call),
      kind: close(draft.kind, call),
      reason: close(draft.reason, call),
      text: close(draft.text, call),
    });
    if (filled.length === 0) return this.#fill(closed(draft.at), depth + 1);
    return calls.flatMap((call) => this.#fill(closed(call, call), depth + 1));
  }

  /** Whether a caller puts text into a parameter: any into that of a function that makes errors, or else a sentence. */
  #takesText(part: Parameter, seen: readonly Parameter[] = []): boolean {
    const { parameter, index, view } = part;
    const isFactory = this.#makesErrors(parameter);
    return (this.#calls.get(parameter) ?? []).some((call) => {
      const argument = this.#reader.argument(call, parameter, index, view);
      if (isFactory ? hasText(argument) : hasWords(argument)) return true;
      const passedOn = parametersOf(argument).filter((one) => !seen.includes(one) && one !== part);
      return isFactory && passedOn.some((one) => this.#takesText(one, [...seen, part]));
    });
  }

  #finish({ at, code, kind, reason, text }: Draft): ErrorMessage[] {
    if (!hasText(text)) return [];
    const codes = spread(code).map((one) => render(one, new Map()));
    return codes.flatMap((codeName) => {
      const known = Object.entries(Code).find(([name]) => name === codeName)?.[1];
      const given = spread(kind)
        .map((one) => render(one, new Map()))
        .filter((one) => one !== "");
      const own = known === undefined ? "" : new BatonError(known, "").kind;
      const kinds = given.length === 0 ? own : [...new Set(given)].join(" or ");
      const onTheWire = hasText(reason) ? render(reason, new Map()) : "";
      return spread(text)
        .filter((one) => hasText(one))
        .map((one) => {
          const choices = new Map<string, readonly string[]>();
          return {
            room: roomOf(this.#tree.pathOf(at)) ?? "",
            code: codeName,
            reason: [kinds, onTheWire].filter((word) => word !== "").join(", "),
            text: render(one, choices).trim(),
            choices,
          };
        });
    });
  }
}

function draftOf(at: Node, code: string, text: Template): Draft {
  return { at, code: [code], kind: [], reason: [], text };
}
