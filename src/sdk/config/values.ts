import { Secret } from "#kernel/secret.ts";
import type { Field } from "./field.ts";

/** A loaded value, or what is wrong with its text as a sentence that never contains a secret. */
export type Parsed = { readonly value: unknown } | { readonly problem: string };

/** Turns the non-empty texts given for a field into its value. Of several texts for one value, the last counts. */
export function parseValue(field: Field, texts: readonly string[]): Parsed {
  const text = texts.at(-1) ?? "";
  switch (field.kind) {
    case "bool":
      return parseBool(field.name, text);
    case "int":
      return parseInteger(field, text);
    case "list":
      return { value: texts };
    case "string":
      return applyRules(field, text);
    case "secret": {
      const parsed = applyRules(field, text);
      return "problem" in parsed ? parsed : { value: new Secret(parsed.value) };
    }
    case "select": {
      const parsed = applyRules(field, text);
      if ("problem" in parsed || field.values.includes(parsed.value)) return parsed;
      return { problem: `--${field.name}: value must be one of [${field.values.join(", ")}], not "${text}"` };
    }
    default:
      return field satisfies never;
  }
}

/** What a field's value is when nobody gave one. */
export function defaultValue(field: Field): unknown {
  if (field.kind === "bool") return false;
  if (field.kind === "list") return [];
  return field.kind === "secret" ? undefined : field.default;
}

/** Splits a comma-separated list; a part in double quotes may hold commas, and `""` in it is a quote. */
export function splitList(text: string): string[] {
  if (text === "") return [];
  const parts: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const [, quoted, plain] of text.matchAll(pattern)) {
    parts.push(quoted === undefined ? (plain ?? "").trim() : quoted.replaceAll('""', '"'));
  }
  return parts.filter((part) => part !== "");
}

function applyRules(
  field: Extract<Field, { kind: "string" | "secret" | "select" }>,
  text: string,
): { readonly value: string } | { readonly problem: string } {
  const value = field.normalize?.(text) ?? text;
  const complaint = field.check?.(value);
  return complaint === undefined ? { value } : { problem: `--${field.name} ${complaint}` };
}

function parseBool(name: string, text: string): Parsed {
  if (/^(1|t|true)$/i.test(text)) return { value: true };
  if (/^(0|f|false)$/i.test(text)) return { value: false };
  return { problem: `--${name}: value must be true or false, not "${text}"` };
}

function parseInteger(field: Extract<Field, { kind: "int" }>, text: string): Parsed {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  const { name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = field;
  if (!Number.isSafeInteger(value))
    return { problem: `--${name}: value must be a whole number, not "${text}"` };
  if (value >= min && value <= max) return { value };
  const range =
    field.max === undefined
      ? `at least ${min}`
      : field.min === undefined
        ? `at most ${max}`
        : `${min} to ${max}`;
  return { problem: `--${name}: value must be ${range}, not ${value}` };
}
