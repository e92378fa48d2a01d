import type { Constraint, Field, FieldSet } from "./field.ts";

/** What the exported schema says besides the fields. */
export interface SchemaSource {
  readonly displayName: string;
  readonly helpUrl?: string;
  readonly iconUrl?: string;
  readonly fields: FieldSet;
  readonly constraints: readonly Constraint[];
}

type Json = { [key: string]: unknown };

/**
 * The configuration schema as C1 reads it: `c1.config.v1.Configuration` in protobuf's JSON form, indented
 * by two spaces, `<`, `>` and `&` escaped, without a newline at the end. The program's own operational
 * fields come first, then the connector's.
 */
export function exportSchema(source: SchemaSource, sdkFields: FieldSet): string {
  const own = Object.values(source.fields).filter((field) => (field.exportAs ?? "gui") !== "none");
  const ops = Object.values(sdkFields).filter((field) => field.exportAs === "ops");
  const exported = new Set(own.map((field) => field.name));
  const required = new Set(own.filter((field) => isRequired(field, source.constraints, exported)));
  const constraints = source.constraints
    .filter((constraint) => namesOf(constraint).every((name) => exported.has(name)))
    .flatMap(exportConstraint);
  const schema = withoutDefaults({
    fields: [...ops, ...own].map((field) =>
      exportField(field, field.exportAs === "ops", required.has(field)),
    ),
    constraints,
    displayName: source.displayName,
    helpUrl: source.helpUrl,
    iconUrl: source.iconUrl,
  });
  return JSON.stringify(schema, undefined, 2).replace(/[<>&]/g, escapeForHtml);
}

/**
 * Required by itself, or because it is the only one of a group that the reader of the schema can see: such
 * a group is left out of the schema, but one of its members is needed all the same.
 */
function isRequired(
  field: Field,
  constraints: readonly Constraint[],
  exported: ReadonlySet<string>,
): boolean {
  if (field.required === true) return true;
  return constraints.some((constraint) => {
    if (constraint.kind !== "exactly-one" && constraint.kind !== "at-least-one") return false;
    const visible = constraint.fields.filter((name) => exported.has(name));
    return visible.length === 1 && visible[0] === field.name && constraint.fields.length > 1;
  });
}

function exportField(field: Field, isOps: boolean, required: boolean): Json {
  return withoutDefaults({
    name: field.name,
    displayName: field.displayName,
    description: field.description,
    placeholder: field.placeholder,
    isRequired: required,
    isOps,
    isSecret: field.kind === "secret",
    ...exportKind(field, required),
  });
}

/** The typed part of a field; present even if there is nothing to say in it. */
function exportKind(field: Field, isRequired: boolean): Json {
  const isBounded = field.schemaTakesAny !== true;
  switch (field.kind) {
    case "string":
    case "secret":
    case "select": {
      const rules = exportRules({ in: field.kind === "select" && isBounded ? field.values : [], isRequired });
      return {
        stringField: {
          ...withoutDefaults({ defaultValue: field.kind === "secret" ? "" : field.default }),
          ...rules,
        },
      };
    }
    case "int": {
      const bounds = isBounded ? { lte: exportInteger(field.max), gte: exportInteger(field.min) } : {};
      const rules = exportRules({ ...bounds, isRequired });
      // A default of zero is proto3's own default and stays unsaid.
      const defaultValue = field.default === 0 ? undefined : exportInteger(field.default);
      return { intField: { ...withoutDefaults({ defaultValue }), ...rules } };
    }
    case "bool":
      return { boolField: {} };
    case "list":
      return { stringSliceField: exportRules({ isRequired }) };
    default:
      return field satisfies never;
  }
}

function exportRules(rules: Json): Json {
  const said = withoutDefaults(rules);
  return Object.keys(said).length === 0 ? {} : { rules: said };
}

/** Protobuf's JSON writes 64-bit numbers as text. */
function exportInteger(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function exportConstraint(constraint: Constraint): Json[] {
  const fieldNames = [...constraint.fields];
  switch (constraint.kind) {
    case "required-together":
      return [{ kind: "CONSTRAINT_KIND_REQUIRED_TOGETHER", fieldNames }];
    case "mutually-exclusive":
      return [{ kind: "CONSTRAINT_KIND_MUTUALLY_EXCLUSIVE", fieldNames }];
    case "at-least-one":
      return [{ kind: "CONSTRAINT_KIND_AT_LEAST_ONE", fieldNames }];
    case "exactly-one":
      return [
        { kind: "CONSTRAINT_KIND_AT_LEAST_ONE", fieldNames },
        { kind: "CONSTRAINT_KIND_MUTUALLY_EXCLUSIVE", fieldNames },
      ];
    case "dependent-on":
      return [{ kind: "CONSTRAINT_KIND_DEPENDENT_ON", fieldNames, secondaryFieldNames: [...constraint.on] }];
    default:
      return constraint satisfies never;
  }
}

function namesOf(constraint: Constraint): string[] {
  return constraint.kind === "dependent-on"
    ? [...constraint.fields, ...constraint.on]
    : [...constraint.fields];
}

/** Leaves out what protobuf's JSON leaves out: absent and empty values and false. */
function withoutDefaults(object: Json): Json {
  const isSaid = (value: unknown) =>
    value !== undefined && value !== "" && value !== false && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => isSaid(value)));
}

function escapeForHtml(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
