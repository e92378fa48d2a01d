import { isEmailAddress, utf8Length } from "#model/utf8.ts";

/**
 * The vocabulary of the request rules. Problems read `<Field>: <reason>`, with the causes of a nested
 * message after ` | caused by: `, as hosts know them from connectors written in Go.
 */

/** What is wrong with the value of `field`, or undefined. Nothing is built unless something is wrong. */
export type Check<Value> = (value: Value, field: string) => string | undefined;

/** A rule bound to a field of a message. */
export type FieldRule<Message> = (message: Message) => string | undefined;

/** The rules of one message type, in the order in which they are checked; the first problem counts. */
export interface MessageRules<Message> {
  readonly check: (message: Message) => string | undefined;
}

/** Rules of the message that Go calls `goName`: without package, nested types joined by an underscore. */
export function messageRules<Message>(
  goName: string,
  rules: readonly FieldRule<Message>[],
): MessageRules<Message> {
  return {
    check(message) {
      for (const rule of rules) {
        const problem = rule(message);
        if (problem !== undefined) return `invalid ${goName}.${problem}`;
      }
      return undefined;
    },
  };
}

export function field<Name extends string, Value>(
  name: Name,
  check: Check<Value>,
): FieldRule<{ readonly [Key in Name]: Value }> {
  return (message) => check(message[name], name);
}

/** Length in bytes of UTF-8. */
export function bytes(min: number, max: number): Check<string> {
  return (value, name) => {
    const length = utf8Length(value);
    if (length >= min && length <= max) return undefined;
    return fails(name, lengthReason(min, max));
  };
}

/** As {@link bytes} for a field that may be empty. */
export function optionalBytes(max: number): Check<string> {
  const check = bytes(1, max);
  return (value, name) => (value === "" ? undefined : check(value, name));
}

/** At least one character. */
export const notEmpty: Check<string> = (value, name) =>
  value === "" ? fails(name, "value length must be at least 1 runes") : undefined;

export const email: Check<string> = (value, name) =>
  isEmailAddress(value) ? undefined : fails(name, "value must be a valid email address");

export function atMost(max: number): Check<number> {
  return (value, name) =>
    value > max ? fails(name, `value must be less than or equal to ${max}`) : undefined;
}

export function between(min: bigint, max: bigint): Check<bigint> {
  return (value, name) =>
    value < min || value > max ? fails(name, `value must be inside range [${min}, ${max}]`) : undefined;
}

/** Only values that the contract names. `values` is the generated table with names as keys. */
export function definedEnum(values: Readonly<Record<string, number>>): Check<number> {
  const known = new Set(Object.values(values).filter((value) => value >= 0));
  return (value, name) =>
    known.has(value) ? undefined : fails(name, "value must be one of the defined enum values");
}

/** Each check in turn; the first problem counts. */
export function allOf<Value>(...checks: readonly Check<Value>[]): Check<Value> {
  return (value, name) => {
    for (const check of checks) {
      const problem = check(value, name);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

export function matches(pattern: RegExp): Check<string> {
  return (value, name) =>
    pattern.test(value) ? undefined : fails(name, `value does not match regex pattern "${pattern.source}"`);
}

/** A message that must be there. */
export const required: Check<object | undefined> = (value, name) =>
  value === undefined ? fails(name, "value is required") : undefined;

/** A message that, if it is there, keeps its own rules. */
export function nested<Message>(rules: MessageRules<Message>): Check<Message | undefined> {
  return (value, name) => {
    const cause = value === undefined ? undefined : rules.check(value);
    return cause === undefined
      ? undefined
      : fails(name, `embedded message failed validation | caused by: ${cause}`);
  };
}

export const notEmptyList: Check<readonly unknown[]> = (value, name) =>
  value.length === 0 ? fails(name, "value must contain at least 1 item(s)") : undefined;

export const uniqueItems: Check<readonly unknown[]> = (value, name) => {
  if (value.length < 2 || new Set(value).size === value.length) return undefined;
  const index = value.findIndex((item, position) => value.indexOf(item) < position);
  return fails(`${name}[${index}]`, "repeated value must contain unique items");
};

export function each<Item>(check: Check<Item>): Check<readonly Item[]> {
  return (value, name) => {
    for (let index = 0; index < value.length; index += 1) {
      const item = value[index];
      const problem = item === undefined ? undefined : check(item, `${name}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function lengthReason(min: number, max: number): string {
  return min === 0
    ? `value length must be at most ${max} bytes`
    : `value length must be between ${min} and ${max} bytes, inclusive`;
}

/** Go writes field names with a capital. */
function fails(name: string, reason: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${reason}`;
}
