import { BatonError, Code } from "#kernel/errors.ts";
import type { FlagUse } from "./arguments.ts";
import type { ConfigOf, Constraint, Field, FieldSet } from "./field.ts";
import { variableOf } from "./field.ts";
import type { FileSettings } from "./file.ts";
import { defaultValue, parseValue, splitList } from "./values.ts";

/** Where settings come from. A flag beats a variable, a variable the file, the file the default. */
export interface Sources {
  readonly flags: readonly FlagUse[];
  /** An empty variable counts as none. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: FileSettings;
}

/**
 * Loads the values of a set of fields.
 *
 * @param reader `connector` for the process that a host has started, which takes what Go hosts hand on, see `connectorTakesAny` of a field
 * @throws BatonError that names everything that is wrong, one problem a line, and no secret.
 */
export function loadFields<Fields extends FieldSet>(
  fields: Fields,
  constraints: readonly Constraint[],
  sources: Sources,
  reader: "program" | "connector" = "program",
): ConfigOf<Fields> {
  const problems: string[] = [];
  const missing: string[] = [];
  const given = new Set<string>();
  const values: Record<string, unknown> = {};

  for (const [key, field] of Object.entries<Field>(fields)) {
    const texts = findTexts(field, sources);
    const filled = texts?.filter((text) => text !== "") ?? [];
    const refusesEmpty = field.task === "choice" || field.refusesEmpty === true;
    if (reader === "program" && refusesEmpty && hasEmptyFlag(field, sources)) {
      problems.push(`--${field.name} has no value; is a variable in the calling script empty?`);
    }
    if (filled.length === 0) {
      values[key] = defaultValue(field);
      if (field.required !== true) continue;
      if (texts === undefined) missing.push(field.name);
      else problems.push(`--${field.name} is required but empty`);
      continue;
    }
    const parsed = parseValue(field, filled);
    if ("problem" in parsed && reader === "connector" && field.connectorTakesAny === true) {
      values[key] = defaultValue(field);
    } else if ("problem" in parsed) {
      problems.push(parsed.problem);
      given.add(field.name);
    } else {
      values[key] = parsed.value;
      if (parsed.value !== false) given.add(field.name);
    }
  }

  if (missing.length > 0) problems.unshift(describeMissing(missing.sort()));
  for (const constraint of constraints) {
    const problem = findViolation(constraint, given);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw configError(problems);
  return values as ConfigOf<Fields>;
}

/** Whether somebody gave the field a value, rather than leaving it at its default. */
export function isGiven(field: Field, sources: Sources): boolean {
  return findTexts(field, sources)?.some((text) => text !== "") ?? false;
}

/** The texts from the strongest source that names the field; undefined if none does. */
export function findTexts(field: Field, sources: Sources): readonly string[] | undefined {
  const split = (texts: readonly string[]) =>
    field.kind === "list" && field.verbatim !== true ? texts.flatMap(splitList) : texts;
  const flags = sources.flags.filter((use) => use.field.name === field.name).map((use) => use.text);
  if (flags.length > 0) return field.kind === "list" ? split(flags) : flags.slice(-1);
  const variable = sources.env[variableOf(field.name)] ?? "";
  if (variable !== "") return split([variable]);
  const inFile = sources.file.get(field.name);
  // A YAML list has its own separators: what is one item there stays one.
  if (inFile !== undefined && inFile.length !== 1) return inFile;
  return inFile === undefined || inFile[0] === "" ? undefined : split(inFile);
}

function hasEmptyFlag({ name }: Field, { flags }: Sources): boolean {
  return flags.some((use) => use.field.name === name && use.text === "");
}

function describeMissing(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`).join(", ");
  const variables = names.map(variableOf).join(", ");
  return `required flag(s) ${quoted} not set; give them as flags, as ${variables}, or in .baton.yaml`;
}

function findViolation(constraint: Constraint, given: ReadonlySet<string>): string | undefined {
  const present = constraint.fields.filter((name) => given.has(name));
  const absent = constraint.fields.filter((name) => !given.has(name));
  switch (constraint.kind) {
    case "required-together":
      if (present.length === 0 || absent.length === 0) return undefined;
      return `if any flags in the group [${constraint.fields.join(" ")}] are given, all must be; missing: ${listFlags(absent)}`;
    case "mutually-exclusive":
      if (present.length <= 1) return undefined;
      return `if any flags in the group [${constraint.fields.join(" ")}] are given, the others must not be; given: ${listFlags(present)}`;
    case "at-least-one":
      return present.length > 0 ? undefined : `at least one of ${listFlags(constraint.fields)} is required`;
    case "exactly-one": {
      if (present.length === 1) return undefined;
      const names = listFlags(constraint.fields);
      if (present.length > 1) return `only one of ${names} may be given, not ${listFlags(present)} together`;
      return `one of ${names} is required; ${constraint.fields.map(variableOf).join(" or ")} work as well`;
    }
    case "dependent-on": {
      const lacking = constraint.on.filter((name) => !given.has(name));
      if (present.length === 0 || lacking.length === 0) return undefined;
      return `${listFlags(present)} can only be given together with ${listFlags(lacking)}`;
    }
    default:
      return constraint satisfies never;
  }
}

function listFlags(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(", ");
}

/** Everything that is wrong with the settings, one problem a line. */
export function configError(problems: readonly string[]): BatonError {
  const message = problems.length === 1 ? problems.join() : `errors found:\n${problems.join("\n")}`;
  return new BatonError(Code.Unknown, message, { kind: "configuration" });
}
