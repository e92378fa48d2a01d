import { wrapText } from "#kernel/wrap-text.ts";
import type { Constraint, Field, FieldSet } from "./field.ts";
import { variableOf } from "./field.ts";

const WIDTH = 100;

/** What a sample is made from. */
export interface SampleSource {
  /** Name of the program. */
  readonly name: string;
  readonly displayName: string;
  readonly fields: FieldSet;
  readonly constraints: readonly Constraint[];
}

/**
 * A configuration file to fill in: every visible setting with what it means. What has to be set is, to an example; the
 * rest is commented out, with its default where it has one. It loads as it is, and with any of its lines switched on.
 */
export function formatSample(source: SampleSource, sdkFields: FieldSet): string {
  const head = [
    `Settings of ${source.name}. Save them as .baton.yaml in the directory that it runs in, or under another name that ends in .yaml, and set $BATON_CONFIG_PATH to that.`,
    "A flag or a variable overrides a line of this file. If it contains a secret, make it readable by its owner only.",
  ];
  const fields = [...Object.values(source.fields), ...Object.values(sdkFields)].filter(
    ({ hidden, task }) => hidden !== true && task === undefined,
  );
  const groups = Map.groupBy(fields, ({ group }) => group ?? source.displayName);
  const sections = [...groups].map(([group, members]) => {
    const entries = members.map((field) => formatEntry(field, isNeeded(field, source)));
    return [`# ${group}`, ...entries].join("\n\n");
  });
  return `${[head.map(comment).join("\n"), ...sections].join("\n\n")}\n`;
}

function formatEntry(field: Field, needed: boolean): string {
  const { name, description } = field;
  const values =
    field.kind === "select" && field.schemaTakesAny !== true ? field.values.join(", ") : undefined;
  const sentences = [
    ...(field.required === true ? ["Required"] : []),
    description.replace(/\.$/, ""),
    ...(values === undefined ? [] : [`One of ${values}`]),
  ];
  const line = `${name}: ${exampleOf(field)}`;
  return `${comment(`${sentences.join(". ")} ($${variableOf(name)}).`)}\n${needed ? line : `#${line}`}`;
}

/** Required by itself, or the one of a group to be preferred: a file that holds the secret rather than the secret. */
function isNeeded(field: Field, { fields, constraints }: SampleSource): boolean {
  if (field.required === true) return true;
  return constraints.some(({ kind, fields: names }) => {
    if (kind !== "exactly-one" && kind !== "at-least-one") return false;
    const members = Object.values(fields).filter(({ name }) => names.includes(name));
    return (members.find((member) => member.kind !== "secret") ?? members[0]) === field;
  });
}

/** A value in YAML. An empty one counts as none. */
function exampleOf(field: Field): string {
  switch (field.kind) {
    case "bool":
      return "true";
    case "list":
      return "[]";
    case "secret":
      return '""';
    case "int":
      return String(field.default ?? field.min ?? 0);
    case "select":
      return field.default ?? field.values[0] ?? '""';
    case "string":
      return quote(field.default ?? field.placeholder ?? "");
    default:
      return field satisfies never;
  }
}

function quote(text: string): string {
  return /^[\w./][\w./:@-]*$/.test(text) ? text : JSON.stringify(text);
}

function comment(text: string): string {
  return wrapText(text, WIDTH, "# ");
}
