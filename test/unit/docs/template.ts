/*
 * Sentences with gaps: what an expression says as far as it can be read from the source.
 */
import type { Node } from "./syntax.ts";

/** What is read from an expression: its text, or a field of the options of an error. */
export type View = "text" | "kind" | "reason";

/** A piece of a template: text, a value, a parameter that the caller may fill with text, or one of several templates. */
export type Part =
  | string
  | { readonly value: string }
  | { readonly parameter: Node; readonly index: number; readonly name: string; readonly view: View }
  | { readonly choice: string; readonly templates: readonly Template[] };
export type Template = readonly Part[];

/** The value `undefined`, which is no message. */
export const NOTHING: Part = { value: "undefined" };

/** How long a line of choices gets, before they are listed by themselves. */
const MOST_CHOICES_IN_A_LINE = 90;

export type Parameter = Extract<Part, { readonly parameter: Node }>;
type Choice = Extract<Part, { readonly choice: string }>;

export function parametersOf(template: Template): Parameter[] {
  return template.flatMap((part) => {
    if (typeof part === "string" || "value" in part) return [];
    return "choice" in part ? part.templates.flatMap(parametersOf) : [part];
  });
}

export function substitute(template: Template, replace: (part: Parameter) => Template): Template {
  return template.flatMap((part): Template => {
    if (typeof part === "string" || "value" in part) return [part];
    if ("parameter" in part) return replace(part);
    // What is there only for an argument that was left out is left out with it.
    const whole = part.templates.filter((one) =>
      parametersOf(one).every((inner) => replace(inner).length > 0),
    );
    const templates = whole.length === 0 ? part.templates : whole;
    return [{ ...part, templates: templates.map((one) => substitute(one, replace)) }];
  });
}

/** Whether a template has letters of its own. */
export function hasText(template: Template): boolean {
  return template.some((part) => {
    if (typeof part === "string") return /\p{L}/u.test(part);
    return "choice" in part && part.templates.some(hasText);
  });
}

/** Whether a choice has anything but values. */
export function hasLiterals({ templates }: Choice): boolean {
  return templates.some((template) =>
    template.some((part) => (typeof part === "string" ? part !== "" : "choice" in part && hasLiterals(part))),
  );
}

/** Whether it has at least two words. */
export function hasWords(template: Template): boolean {
  return template.some((part) => {
    if (typeof part === "string")
      return /\p{L}{2,}[^\p{L}]* [^\p{L}]*\p{L}{2,}|^ \p{L}{2,}|\p{L}{2,} $/u.test(part);
    return "choice" in part && part.templates.some(hasWords);
  });
}

/** The templates of which one stands alone as a choice, each for itself. */
export function spread(template: Template): readonly Template[] {
  const [only] = template;
  if (template.length !== 1 || typeof only !== "object" || !("choice" in only)) return [template];
  return only.templates.flatMap(spread);
}

export function render(template: Template, choices: Map<string, readonly string[]>): string {
  return template
    .map((part) => {
      if (typeof part === "string") return part;
      if ("value" in part) return `{${part.value}}`;
      if ("parameter" in part) return `{${part.name}}`;
      if (part.templates.every((one) => one.length === 0)) return "";
      if (!hasLiterals(part)) return `{${part.choice}}`;
      const options = [...new Set(part.templates.flatMap(spread).map((one) => render(one, choices)))];
      if (options.length === 1) return options[0];
      const line = `{${options.map((one) => (/^\{[^{}"]*\}$/.test(one) ? one.slice(1, -1) : `"${one}"`)).join(" | ")}}`;
      if (line.length <= MOST_CHOICES_IN_A_LINE) return line;
      choices.set(part.choice, options);
      return `{${part.choice}}`;
    })
    .join("");
}
