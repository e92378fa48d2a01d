import { wrapText } from "#kernel/wrap-text.ts";
import { type Field, variableOf } from "./field.ts";

/** The visible flags of a program under their headings, as the help shows them. */
export function formatFlags(fields: Iterable<Field>, ownGroup: string, width: number): string {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    if (field.hidden === true) continue;
    const group = field.group ?? ownGroup;
    groups.set(group, [...(groups.get(group) ?? []), field]);
  }
  return [...groups].map(([group, members]) => formatGroup(group, members, width)).join("\n");
}

function formatGroup(group: string, fields: readonly Field[], width: number): string {
  const flags = fields.map((field) => {
    const short = field.shorthand === undefined ? "    " : `-${field.shorthand}, `;
    return `  ${short}--${field.name}${describeValue(field)}\n${wrapText(describe(field), width, "          ")}\n`;
  });
  return `${group}:\n${flags.join("")}`;
}

function describe(field: Field): string {
  const sentences = [field.description.replace(/\.$/, "")];
  // Such a field names its values by itself, because the schema shows its description only.
  if (field.kind === "select" && field.schemaTakesAny !== true)
    sentences.push(`One of ${field.values.join(", ")}`);
  if ("default" in field && field.default !== undefined) sentences.push(`Default ${field.default}`);
  if (field.kind === "list" && field.verbatim === true) sentences.push("Can be repeated");
  const required = field.required === true ? "required: " : "";
  return `${required}${sentences.join(". ")} ($${variableOf(field.name)})`;
}

function describeValue(field: Field): string {
  switch (field.kind) {
    case "bool":
      return "";
    case "int":
      return " <number>";
    case "list":
      return field.verbatim === true ? " <text>" : " <text,…>";
    case "string":
    case "secret":
    case "select":
      return " <text>";
    default:
      return field satisfies never;
  }
}
